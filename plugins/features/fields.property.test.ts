import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeCall } from '../../testing.js'
import { withoutFields } from './fields.js'

const key = fc.constantFrom('a', 'b', 'c')
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.string({ maxLength: 2 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
}))
const path = fc
  .array(fc.tuple(key, fc.boolean()), { minLength: 1, maxLength: 3 })
  .map((parts) =>
    parts.map(([name, each], i) => name + (each && i < parts.length - 1 ? '[*]' : '')).join('.'),
  )
const body = fc
  .dictionary(key, value)
  .map((fields) => ({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...fields }))

type Json = Record<string, unknown>
const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v)

/** The same on plain objects: what is named goes, and then objects that lost all they had. */
function naive(given: Json, paths: readonly string[]): Json {
  const out = structuredClone(given)
  const lost = new Set<object>()
  const take = (object: Json, parts: readonly string[]): void => {
    const name = parts[0]!.replace('[*]', '')
    if (!Object.hasOwn(object, name)) return
    const inner = object[name]
    if (parts.length === 1) {
      lost.add(object)
      marks.push([object, name])
    } else if (parts[0]!.endsWith('[*]')) {
      if (Array.isArray(inner)) for (const item of inner) if (isObject(item)) take(item, parts.slice(1))
    } else if (isObject(inner)) take(inner, parts.slice(1))
  }
  const marks: [Json, string][] = []
  for (const p of paths) take(out, p.split('.'))
  for (const [object, name] of marks) delete object[name]
  const prune = (object: unknown): void => {
    if (Array.isArray(object)) object.forEach(prune)
    if (!isObject(object)) return
    for (const [name, inner] of Object.entries(object)) {
      prune(inner)
      if (!isObject(inner) || !lost.has(inner) || Object.keys(inner).length > 0) continue
      delete object[name]
      lost.add(object)
    }
  }
  prune(out)
  return out
}

it('leaves what a naive implementation leaves, and twice is once', () => {
  fc.assert(
    fc.property(body, fc.array(path, { maxLength: 4 }), (given, paths) => {
      const call = makeCall({}, { bytes: Buffer.from(JSON.stringify(given)) })
      const once = call.edit(withoutFields(call.tree, paths).edits)
      expect(JSON.stringify(once.body)).toBe(JSON.stringify(naive(given, paths)))
      expect(withoutFields(once.tree, paths).edits).toEqual([])
    }),
    { numRuns: 1_000 },
  )
})

it('never takes what the protocol demands', () => {
  const call = makeCall({})
  const paths = ['model', 'messages', 'messages[*].content', 'messages[*].role']
  expect(withoutFields(call.tree, paths).edits).toEqual([])
})
