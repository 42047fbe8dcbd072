/**
 * `claude-opus-*` style patterns: `*` matches any run of characters, everything else itself. No regular expression,
 * which would try every way to part a client's long name among several stars: the first place for each part will do.
 */
export function matchesModel(pattern: string, model: string): boolean {
  const [first, ...rest] = pattern.split('*') as [string, ...string[]]
  const last = rest.pop()
  if (last === undefined) return pattern === model
  if (model.length < first.length + last.length || !model.startsWith(first) || !model.endsWith(last))
    return false
  const between = model.slice(first.length, model.length - last.length)
  let from = 0
  for (const part of rest) {
    const at = between.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return true
}

/** The entry of a model map for this model: the exact name, else the longest matching pattern. */
export function mapModel<T = string>(map: Readonly<Record<string, T>>, model: string): T | undefined {
  if (Object.hasOwn(map, model)) return map[model]
  const pattern = Object.keys(map)
    .filter((key) => key.includes('*') && matchesModel(key, model))
    .sort((a, b) => b.length - a.length)[0]
  return pattern === undefined ? undefined : map[pattern]
}

/** Of a client's name for a model with a million tokens of context. */
const LONG = '[1m]'

/** The name that a map has for a client's model. One with `[1m]` that no entry fits has the name of the model without. */
export function mappedName(map: Readonly<Record<string, string>>, model: string): string | undefined {
  return (
    mapModel(map, model) ?? (model.endsWith(LONG) ? mapModel(map, model.slice(0, -LONG.length)) : undefined)
  )
}

/** The models that a map names without a pattern: what a client may ask for by name. */
export function namedModels(map: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(map).filter((id) => !id.includes('*'))
}
