/** A value, or a promise of it: hooks that answer at once cost no promise. */
export type Awaitable<T> = T | Promise<T>
