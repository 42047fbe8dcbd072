import { z } from 'zod'

/** The part of a zod schema's definition that is read here. */
interface Def {
  readonly type: string
  readonly innerType?: z.core.$ZodType
  readonly in?: z.core.$ZodType
  readonly out?: z.core.$ZodType
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly element?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly items?: readonly z.core.$ZodType[]
  readonly options?: readonly z.core.$ZodType[]
  readonly left?: z.core.$ZodType
  readonly right?: z.core.$ZodType
}

export type Schema = z.core.$ZodType

const def = (schema: Schema): Def => schema._zod.def as Def

/** The schema under `optional`, `default`, `pipe` and the like, and the members of unions and intersections. */
function* layers(schema: Schema): Generator<Schema> {
  yield schema
  const d = def(schema)
  const under = [d.innerType, d.in, d.out, d.left, d.right, ...(d.options ?? [])]
  for (const inner of under) if (inner) yield* layers(inner)
}

/** Schemas of the values under `key` in an object, array, tuple or record. */
function* under(schema: Schema, key: PropertyKey): Generator<Schema> {
  for (const layer of layers(schema)) {
    const { shape, element, valueType, items } = def(layer)
    const next = shape && Object.hasOwn(shape, key) ? shape[key as string] : undefined
    const found = next ?? element ?? valueType ?? items?.[key as number]
    if (found) yield found
  }
}

/** Marked with `.meta({ secret: true })`, itself or in one of its layers. */
function marked(schema: Schema): boolean {
  for (const layer of layers(schema)) if (z.globalRegistry.get(layer)?.secret === true) return true
  return false
}

/** Whether a secret may stand anywhere inside. */
function holdsSecret(schema: Schema, seen = new Set<Schema>()): boolean {
  if (seen.has(schema)) return false // schemas may be recursive
  seen.add(schema)
  if (marked(schema)) return true
  for (const layer of layers(schema)) {
    const { shape, element, valueType, items } = def(layer)
    const inner = [...Object.values(shape ?? {}), element, valueType, ...(items ?? [])]
    if (inner.some((s) => s && holdsSecret(s, seen))) return true
  }
  return false
}

/**
 * Whether a value at this path must not be shown: it is marked, is inside something marked, or may hold something
 * marked (`keys: 'sk-…'` where a list of secrets was wanted).
 */
export function isSecretAt(schema: Schema, path: readonly PropertyKey[]): boolean {
  let at: Schema[] = [schema]
  for (const key of path) {
    if (at.some(marked)) return true
    at = at.flatMap((s) => [...under(s, key)])
  }
  return at.some((s) => holdsSecret(s))
}

/** Names of the keys that an object at this path may have. */
export function keysAt(schema: Schema, path: readonly PropertyKey[]): string[] {
  let at: Schema[] = [schema]
  for (const key of path) at = at.flatMap((s) => [...under(s, key)])
  const names = at.flatMap((s) => [...layers(s)]).flatMap((s) => Object.keys(def(s).shape ?? {}))
  return [...new Set(names)]
}

/** What kind of value an option wants, for turning the text of an environment variable into one. */
export function kindAt(schema: Schema, key: string): 'array' | 'number' | 'boolean' | 'string' {
  const kinds = [...under(schema, key)].flatMap((s) => [...layers(s)]).map((s) => def(s).type)
  if (kinds.includes('array')) return 'array'
  if (kinds.includes('string')) return 'string'
  if (kinds.includes('number')) return 'number'
  return kinds.includes('boolean') ? 'boolean' : 'string'
}

/** Replaces every secret in a value with what `hide` makes of it. */
export function maskSecrets(schema: Schema, value: unknown, hide: (secret: unknown) => unknown): unknown {
  return mask([schema], value, hide)
}

function mask(schemas: readonly Schema[], value: unknown, hide: (secret: unknown) => unknown): unknown {
  if (value === undefined) return value
  if (schemas.some(marked)) return hideAll(value, hide)
  const inner = (key: PropertyKey) => schemas.flatMap((s) => [...under(s, key)])
  if (Array.isArray(value)) return value.map((item, i) => mask(inner(i), item, hide))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(inner(key), item, hide)]))
  }
  return value
}

function hideAll(value: unknown, hide: (secret: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map((item) => hideAll(item, hide)) : hide(value)
}
