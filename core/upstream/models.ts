/** `claude-opus-*` style patterns: `*` stands for any run of characters, everything else for itself. */
export function matchesModel(pattern: string, model: string): boolean {
  if (!pattern.includes('*')) return pattern === model
  const source = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${source.join('.*')}$`, 's').test(model)
}

/** The entry of a model map for this model: the exact name, else the longest matching pattern. */
export function mapModel<T = string>(map: Readonly<Record<string, T>>, model: string): T | undefined {
  if (Object.hasOwn(map, model)) return map[model]
  const pattern = Object.keys(map)
    .filter((key) => key.includes('*') && matchesModel(key, model))
    .sort((a, b) => b.length - a.length)[0]
  return pattern === undefined ? undefined : map[pattern]
}

/** The models that a map names without a pattern: what a client may ask for by name. */
export function namedModels(map: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(map).filter((id) => !id.includes('*'))
}
