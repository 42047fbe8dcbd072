import { isSchema, mapSchemas, type Schema } from './walk.js'

export interface SchemaNeeds {
  /** `$ref` is replaced by what it names. */
  readonly noRefs: boolean
  /** Objects have `properties`. */
  readonly properties: boolean
  /** Keywords that go. */
  readonly refused: ReadonlySet<string>
}

/** How often a definition is entered inside of itself, schemas of one tool, and levels of them: then `{}` replaces what is left out. */
const MOST_ROUNDS = 2
const MOST_SCHEMAS = 5_000
const DEEPEST = 60
/** Characters that references may add to one tool: a definition may hold a large `enum`, and be named a thousand times. */
const MOST_ADDED = 500_000

/** A tool's schema as needed; the same object when it is already. */
export function fitSchema(root: Schema, needs: SchemaNeeds): Schema {
  const fit = new Fit(root, needs)
  const fitted = fit.schema(root, [], 0) as Schema
  return fit.changed ? fitted : root
}

class Fit {
  changed = false
  #schemas = 0
  #added = 0
  /** Of definitions, by reference. */
  readonly #sizes = new Map<string, number>()

  constructor(
    private readonly root: Schema,
    private readonly needs: SchemaNeeds,
  ) {}

  /** `inside`: the references that led here. */
  schema(given: Schema, inside: readonly string[], depth: number): unknown {
    if (++this.#schemas > MOST_SCHEMAS || depth > DEEPEST) return this.#cut()
    if (this.needs.noRefs && typeof given.$ref === 'string') return this.#inlined(given, inside, depth)
    const entries = Object.entries(given).flatMap(([key, value]): [string, unknown][] => {
      if (this.needs.refused.has(key) || (this.needs.noRefs && DEFINITIONS.has(key))) {
        this.changed = true
        return []
      }
      return [[key, mapSchemas(key, value, (inner) => this.schema(inner, inside, depth + 1))]]
    })
    const schema = Object.fromEntries(entries)
    if (!this.needs.properties || schema.type !== 'object' || isSchema(schema.properties)) return schema
    this.changed = true
    return { ...schema, properties: {} }
  }

  /** What is beside a reference counts as well (since 2019-09), and is more particular. */
  #inlined({ $ref, ...beside }: Schema, inside: readonly string[], depth: number): unknown {
    this.changed = true
    const ref = $ref as string
    const target = resolved(this.root, ref)
    const rounds = inside.filter((other) => other === ref).length
    const isCircular = rounds >= MOST_ROUNDS || (rounds > 0 && target === this.root)
    const named = target && !isCircular && this.#hasRoom(ref, target) ? target : {}
    const { $ref: chained, ...own } = named
    const merged = { ...own, ...beside, ...(chained !== undefined && { $ref: chained }) }
    return this.schema(merged, [...inside, ref], depth + 1)
  }

  #hasRoom(ref: string, target: Schema): boolean {
    const size = this.#sizes.get(ref) ?? JSON.stringify(target).length
    this.#sizes.set(ref, size)
    this.#added += size
    return this.#added <= MOST_ADDED
  }

  #cut(): Schema {
    this.changed = true
    return {}
  }
}

const DEFINITIONS = new Set(['$defs', 'definitions'])

/** What a reference into the same schema names (`#/$defs/node`, a JSON pointer in a fragment); those to elsewhere name nothing here. */
function resolved(root: Schema, ref: string): Schema | undefined {
  if (!ref.startsWith('#')) return undefined
  if (ref !== '#' && !ref.startsWith('#/')) return undefined
  let at: unknown = root
  for (const part of ref.split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string, unknown>)[key]
        : undefined
  }
  return isSchema(at) ? at : undefined
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
