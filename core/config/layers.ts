import type { z } from 'zod'
import type { Problem } from '../errors/config-error.js'
import { isRecord } from '../json/plain.js'
import type { Origin } from './resolved.js'
import { kindOf } from './words.js'
import { type Path, problemsOf } from './zod-problems.js'
import { kindAt, type Schema } from './zod-schema.js'

/** Values from one source. Later layers win, key by key; nothing is merged deeper. */
export interface Layer {
  readonly origin: Origin
  readonly values: Readonly<Record<string, unknown>>
  /** What to call the place of a key in a message, where it is not the config's own path. */
  readonly labels?: Readonly<Record<string, string>>
  /** Keys whose text a variable gave; it becomes what the schema wants. */
  readonly texts?: readonly string[]
}

export interface Section<T> {
  readonly value: T
  readonly origins: Readonly<Record<string, Origin>>
}

/**
 * Merges layers and validates the outcome. Undefined when something was wrong; the problems are then in `problems`. A value
 * that a later layer replaces is validated as well: a flag would otherwise hide a fault in the file until the flag is gone.
 */
export function resolveSection<S extends z.ZodType>(
  path: string,
  schema: S,
  layers: readonly Layer[],
  problems: Problem[],
): Section<z.output<S>> | undefined {
  // Without a prototype, a key `__proto__` of a JSON file is a key like any other, and an unknown one.
  const values: Record<string, unknown> = Object.create(null)
  const source: Record<string, Layer> = Object.create(null)
  const pathOf = ([first, ...rest]: Path) => {
    const key = String(first)
    const label = first === undefined ? path : (source[key]?.labels?.[key] ?? `${path}.${key}`)
    return [label, ...rest].map(String).join('.')
  }
  const before = problems.length
  layers.forEach((layer, i) => {
    // `host: process.env.HOST` with the variable unset counts as not written.
    for (const [key, value] of entriesOf(layer)) {
      values[key] = layer.texts?.includes(key) ? fromText(String(value), schema, key) : value
      source[key] = layer
    }
    const hidden = replaced(layer, layers.slice(i + 1))
    const issues = hidden.length > 0 ? issuesOf(schema, values) : []
    problems.push(
      ...problemsOf(
        issues.filter(({ path: [key] }) => hidden.includes(key as string)),
        schema,
        values,
        pathOf,
      ),
    )
  })
  const result = schema.safeParse(values)
  if (!result.success) problems.push(...problemsOf(result.error.issues, schema, values, pathOf))
  if (!result.success || problems.length > before) return undefined
  const all = isRecord(result.data) ? Object.keys(result.data) : []
  return {
    value: result.data,
    origins: Object.fromEntries(all.map((key) => [key, source[key]?.origin ?? 'default'])),
  }
}

const entriesOf = (layer: Layer) => Object.entries(layer.values).filter(([, value]) => value !== undefined)

/** The keys of a layer that one of the later layers sets too. */
function replaced(layer: Layer, later: readonly Layer[]): string[] {
  const others = new Set(later.flatMap(entriesOf).map(([key]) => key))
  return entriesOf(layer)
    .map(([key]) => key)
    .filter((key) => others.has(key))
}

const issuesOf = (schema: z.ZodType, values: unknown) => schema.safeParse(values).error?.issues ?? []

/** A part of the config as a layer; anything but an object is a problem. */
export function configLayer(
  path: string,
  value: unknown,
  problems: Problem[],
  origin: Origin = 'config',
  texts?: ReadonlySet<string>,
): Layer {
  if (value === undefined) return { origin, values: {} }
  if (isRecord(value)) return { origin, values: value, texts: textsUnder(path, value, texts) }
  // By its kind alone: a text in place of options may be a key.
  problems.push({ path, message: `expected an object, found ${kindOf(value)}` })
  return { origin, values: {} }
}

/** The keys of a part whose text a variable gave. */
export function textsUnder(path: string, part: object, texts: ReadonlySet<string> | undefined): string[] {
  return texts ? Object.keys(part).filter((key) => texts.has(`${path}.${key}`)) : []
}

/** A part in which the texts that variables gave are what the schema wants. */
export function typedTexts(
  path: string,
  schema: Schema,
  part: Readonly<Record<string, unknown>>,
  texts: ReadonlySet<string> | undefined,
): Readonly<Record<string, unknown>> {
  const keys = textsUnder(path, part, texts)
  if (keys.length === 0) return part
  return {
    ...part,
    ...Object.fromEntries(keys.map((key) => [key, fromText(String(part[key]), schema, key)])),
  }
}

/** `{ baseURL: 'ZAI_BASE_URL' }` and the environment as a layer. An empty variable counts as unset. */
export function envLayer(
  names: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
  schema: Schema,
): Layer {
  const set = Object.entries(names).filter(([, variable]) => env[variable])
  return {
    origin: 'env',
    values: Object.fromEntries(set.map(([key, variable]) => [key, fromText(env[variable]!, schema, key)])),
    labels: Object.fromEntries(set.map(([key, variable]) => [key, `${variable} (environment)`])),
  }
}

/** Text that is not of the wanted kind stays text, so that the schema says what is wrong with it. */
export function fromText(text: string, schema: Schema, key: string): unknown {
  const kind = kindAt(schema, key)
  if (kind === 'array') return commaSeparated(text)
  if (kind === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (kind === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

export function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
