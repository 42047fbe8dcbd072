import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { isSecretAt, keysAt, kindAt, maskSecrets } from './zod-schema.js'

const secret = () => z.string().meta({ secret: true })
const hide = () => '•'

interface Tree {
  token?: string | undefined
  children?: Tree[] | undefined
}
const tree: z.ZodType<Tree> = z.strictObject({
  token: secret().optional(),
  get children() {
    return z.array(tree).optional()
  },
})

describe('what may be a secret', () => {
  const schema = z.strictObject({
    plain: z.string(),
    token: secret().optional(),
    padded: secret()
      .default('x')
      .transform((text) => text.trim()),
    list: z.array(secret()),
    whole: z.array(z.string()).meta({ secret: true }),
    byName: z.record(z.string(), secret()),
    either: z.union([z.boolean(), z.strictObject({ key: secret(), name: z.string() })]),
    tree,
  })

  test.each([
    [['token']],
    [['padded']],
    [['list', 0]],
    [['list']],
    [['whole', 3]],
    [['byName', 'any']],
    [['byName']],
    [['either', 'key']],
    [['either']],
    [['tree', 'children', 0, 'children', 1, 'token']],
    [['tree']],
    [[]],
  ])('%j', (path) => {
    expect(isSecretAt(schema, path)).toBe(true)
  })

  test.each([[['plain']], [['either', 'name']], [['unknown']]])('not %j', (path) => {
    expect(isSecretAt(schema, path)).toBe(false)
  })

  test('masking keeps the shape and everything else', () => {
    const value = {
      plain: 'p',
      token: 't',
      padded: 't',
      list: ['a', 'b'],
      whole: ['a'],
      byName: { x: 'y' },
      either: { key: 'k', name: 'n' },
      tree: { token: 't', children: [{ token: 't' }, {}] },
      extra: 1,
    }
    expect(maskSecrets(schema, value, hide)).toEqual({
      plain: 'p',
      token: '•',
      padded: '•',
      list: ['•', '•'],
      whole: ['•'],
      byName: { x: '•' },
      either: { key: '•', name: 'n' },
      tree: { token: '•', children: [{ token: '•' }, {}] },
      extra: 1,
    })
    expect(maskSecrets(schema, { either: true }, hide)).toEqual({ either: true })
  })
})

test('the keys that are allowed, through defaults and unions', () => {
  const schema = z.strictObject({
    a: z.strictObject({ b: z.number(), c: z.number() }).default({ b: 1, c: 2 }),
    d: z.union([z.boolean(), z.strictObject({ e: z.string() })]).optional(),
  })
  expect(keysAt(schema, [])).toEqual(['a', 'd'])
  expect(keysAt(schema, ['a'])).toEqual(['b', 'c'])
  expect(keysAt(schema, ['d'])).toEqual(['e'])
  expect(keysAt(schema, ['a', 'b'])).toEqual([])
})

test('the kind of value that an option wants', () => {
  const schema = z.strictObject({
    list: z.array(z.string()).default([]),
    number: z.int().optional(),
    flag: z.boolean().default(false),
    text: z.string().default(''),
    choice: z.enum(['a']),
    sizeOrText: z.union([z.number(), z.string()]),
  })
  const kinds = ['list', 'number', 'flag', 'text', 'choice', 'sizeOrText', 'unknown'].map((key) =>
    kindAt(schema, key),
  )
  expect(kinds).toEqual(['array', 'number', 'boolean', 'string', 'string', 'string', 'string'])
})
