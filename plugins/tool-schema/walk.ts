/**
 * Where schemas stand inside of a schema (JSON Schema 2020-12, with `definitions`, `additionalItems`, `dependencies` of the drafts before).
 * All else is data: a property of the name `$ref`, an `enum` or a `default` are not entered.
 */
const ONE = [
  'items',
  'additionalItems',
  'contains',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'contentSchema',
]
const LIST = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items']
const MAP = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']

const KINDS = new Map<string, { one: boolean; list: boolean; map: boolean }>(
  [...new Set([...ONE, ...LIST, ...MAP])].map((key) => [
    key,
    { one: ONE.includes(key), list: LIST.includes(key), map: MAP.includes(key) },
  ]),
)

export type Schema = Readonly<Record<string, unknown>>

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A keyword's value with each schema in it mapped; the value itself where there is none. */
export function mapSchemas(key: string, value: unknown, map: (schema: Schema) => unknown): unknown {
  const kind = KINDS.get(key)
  if (!kind) return value
  if (Array.isArray(value))
    return kind.list ? value.map((item) => (isSchema(item) ? map(item) : item)) : value
  if (!isSchema(value)) return value
  if (!kind.map) return kind.one ? map(value) : value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, isSchema(inner) ? map(inner) : inner]),
  )
}
