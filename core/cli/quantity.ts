/** `1 miss`, `2 misses`: a count with its noun. */
export const quantity = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`
