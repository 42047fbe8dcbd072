import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitSchema } from './fit-schema.js'
import type { Schema } from './walk.js'

const ALL = { noRefs: true, properties: true, refused: new Set(['format']) }

/** Definitions that name only those behind them, so that the plainest implementation comes to an end. */
const schemaOver = (refs: readonly string[]): fc.Arbitrary<Schema> =>
  fc.letrec<{ any: Schema }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.record(
        {
          type: fc.constantFrom('string', 'object'),
          format: fc.string(),
          enum: fc.constant([{ $ref: '#/$defs/a' }]),
        },
        { requiredKeys: ['type'] },
      ),
      ...(refs.length > 0
        ? [
            fc.record(
              { $ref: fc.constantFrom(...refs.map((name) => `#/$defs/${name}`)), description: fc.string() },
              { requiredKeys: ['$ref'] },
            ),
          ]
        : []),
      fc.record({
        type: fc.constant('object'),
        properties: fc.dictionary(fc.constantFrom('a', '$ref', 'format', 'properties'), tie('any'), {
          maxKeys: 3,
        }),
      }),
      fc.record({ anyOf: fc.array(tie('any'), { maxLength: 2 }), items: tie('any') }),
    ) as fc.Arbitrary<Schema>,
  })).any

const root = fc
  .record({
    a: schemaOver(['b', 'c']),
    b: schemaOver(['c']),
    c: schemaOver([]),
    top: schemaOver(['a', 'b', 'c']),
  })
  .map(({ a, b, c, top }) => JSON.parse(JSON.stringify({ ...top, $defs: { a, b, c } })) as Schema)

type Json = Record<string, unknown>

function naive(schema: Json, defs: Json): Json {
  if (typeof schema.$ref === 'string') {
    const { $ref, ...beside } = schema
    return naive({ ...(defs[($ref as string).slice('#/$defs/'.length)] as Json), ...beside }, defs)
  }
  const out: Json = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$defs' || key === 'format') continue
    if (key === 'anyOf') out[key] = (value as Json[]).map((inner) => naive(inner, defs))
    else if (key === 'items') out[key] = naive(value as Json, defs)
    else if (key === 'properties')
      out[key] = Object.fromEntries(
        Object.entries(value as Json).map(([name, inner]) => [name, naive(inner as Json, defs)]),
      )
    else out[key] = value
  }
  return out.type === 'object' && !out.properties ? { ...out, properties: {} } : out
}

describe('fitSchema', () => {
  it('does what the plainest implementation does, where references go one way', () => {
    fc.assert(
      fc.property(root, (given) => {
        expect(fitSchema(given, ALL)).toEqual(naive(given, given.$defs as Json))
      }),
      { numRuns: 500 },
    )
  })

  it('does nothing the second time', () => {
    fc.assert(
      fc.property(root, (given) => {
        const once = fitSchema(given, ALL)
        expect(fitSchema(once, ALL)).toBe(once)
      }),
    )
  })
})
