import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonValue } from '../../test/support/json-value.js'
import { applyEdits, withoutItems, withoutMembers } from './edit.js'
import { lazyObject } from './lazy.js'
import { JsonNode, TapeNode } from './node.js'
import { NestingError, scan } from './scan.js'

const parse = (text: string) => {
  return JsonNode.parse(Buffer.from(text), 1000)
}
const accepts = (read: () => unknown) => {
  try {
    read()
    return true
  } catch {
    return false
  }
}
const numRuns = Number(process.env.FUZZ_RUNS ?? 2_000)

describe('the scanner accepts what JSON.parse accepts, and nothing else', () => {
  const agree = (text: string) => {
    const bytes = Buffer.from(text)
    const expected = accepts(() => JSON.parse(bytes.toString('utf8')))
    // Wherever the bytes stand in memory: words are read four at a time, with whatever lies before and behind.
    for (const offset of [0, 1, 2, 3]) {
      const moved = Buffer.concat([Buffer.alloc(offset, '"'), bytes, Buffer.from('"\\"')]).subarray(
        offset,
        offset + bytes.length,
      )
      expect([text, offset, accepts(() => scan(moved, 1e6))]).toEqual([text, offset, expected])
    }
  }

  it.each([
    '',
    ' ',
    '{}',
    '[]',
    '{"a":}',
    '{"a":1,}',
    '[1,]',
    '[,1]',
    '{,}',
    '{"a" 1}',
    "{'a':1}",
    '{a:1}',
    'nul',
    'nulll',
    'true false',
    'tru',
    '01',
    '-',
    '-0',
    '-01',
    '1.',
    '.5',
    '1e',
    '1e+',
    '1e5',
    '1E-5',
    '1.5e+10',
    '+1',
    '0x10',
    'NaN',
    'Infinity',
    '1e999',
    '123456789012345678901234567890',
    '"',
    '"a',
    '"\\"',
    '"\\x"',
    '"\\u12"',
    '"\\u12G4"',
    '"\\u1234"',
    '"\\ud800"',
    '"\n"',
    '"\t"',
    '"\u007f"',
    '"\u0000"',
    '"\\/\\b\\f\\n\\r\\t\\\\"',
    '\ufeff{}',
    '\u00a0{}',
    '{}\u2028',
    '[[[]]]',
    '[[[]]',
    '[]]',
    '{"a":{"a":{"a":[]}}}',
    '{"a":1 "b":2}',
    '[1 2]',
    '{"a":1}}',
    '/**/{}',
    '"\u2028"',
  ])('%j', agree)

  it('on any JSON, spaced in any way', () => {
    const spaces = fc.constantFrom(undefined, 1, '\t', '\n \r')
    fc.assert(
      fc.property(jsonValue({ maxDepth: 6 }), spaces, (value, space) =>
        agree(JSON.stringify(value, null, space)),
      ),
      { numRuns },
    )
  })

  it('on JSON with one byte changed, put in or taken out', () => {
    const bit = fc.constantFrom(...'{}[]:,"\\u0e-+.truefalsn \n\u0001é'.split(''))
    const mutation = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.integer({ min: 0, max: 2 }),
      put: fc.oneof(bit, fc.constant('')),
    })
    fc.assert(
      fc.property(jsonValue(), fc.array(mutation, { minLength: 1, maxLength: 3 }), (value, mutations) => {
        let text = JSON.stringify(value)
        for (const { at, cut, put } of mutations) {
          const index = Math.floor(at * text.length)
          text = text.slice(0, index) + put + text.slice(index + cut)
        }
        agree(text)
      }),
      { numRuns: numRuns * 2 },
    )
  })

  it('on bytes that are no UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        const bytes = Buffer.concat([Buffer.from('{"a":"'), noise, Buffer.from('"}')])
        expect(accepts(() => scan(bytes, 10))).toBe(accepts(() => JSON.parse(bytes.toString('utf8'))))
      }),
      { numRuns },
    )
  })

  it('refuses what nests deeper than the limit, and takes what just fits', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
    expect(() => scan(nested(200), 200)).not.toThrow()
    expect(() => scan(nested(201), 200)).toThrow(NestingError)
    expect(() => scan(nested(1_000_000), 200)).toThrow(NestingError)
  })
})

describe('nodes', () => {
  const rebuilt = (node: JsonNode): unknown => {
    if (node.isArray) return node.items().map(rebuilt)
    if (!node.isObject) return node.value()
    const out = {}
    for (const { key, value } of node.members()) {
      Object.defineProperty(out, key.value() as string, {
        value: rebuilt(value),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return out
  }

  it('stand where JSON.parse finds the values', () => {
    fc.assert(
      fc.property(jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2), (value, space) => {
        const text = JSON.stringify(value, null, space)
        expect(rebuilt(parse(text))).toEqual(JSON.parse(text))
      }),
      { numRuns },
    )
  })

  it('find a field by its name however it is spelt, and the last of several', () => {
    expect(parse('{"mod\\u0065l":1}').get('model')?.value()).toBe(1)
    expect(parse('{"a":1,"a":2}').get('a')?.value()).toBe(2)
    expect(parse('{"ab":1}').get('a')).toBeUndefined()
    expect(parse('{"\\u00e9":1}').get('é')?.value()).toBe(1)
    expect(parse('{"__proto__":1}').get('__proto__')?.value()).toBe(1)
    expect(parse('[1]').get('a')).toBeUndefined()
    expect(parse('{"x":{"a":1}}').get('a')).toBeUndefined()
  })

  it('as a lazy object look like what JSON.parse gives', () => {
    const top = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('messages', '__proto__')), jsonValue())
    fc.assert(
      fc.property(top, (value) => {
        const text = JSON.stringify(value)
        const lazy = lazyObject(parse(text), new Set(['messages']))
        expect(Object.keys(lazy)).toEqual(Object.keys(JSON.parse(text)))
        expect(JSON.stringify(lazy)).toBe(text)
      }),
      { numRuns },
    )
  })
})

describe('an object of very many fields', () => {
  const many = (count: number) =>
    `{"messages":[{"a":{}}],${Array.from({ length: count }, (_, i) => `"k${i}":[${i}]`)}}`

  it('looks like any other, and is as frozen', () => {
    const text = many(2_000)
    const decoded: JsonNode[] = []
    const lazy = lazyObject(parse(text), new Set(['messages']), (node) =>
      decoded.push(node as JsonNode),
    ) as Record<string, readonly object[]>
    expect(JSON.stringify(lazy)).toBe(text)
    expect(decoded.map((node) => node.raw.length)).toEqual([text.length])
    for (const part of [lazy, lazy.messages, lazy.messages![0], lazy.k7])
      expect(Object.isFrozen(part)).toBe(true)
  })
})

describe('edits', () => {
  it('take out any fields of an object and leave valid JSON with the others', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string(), jsonValue(), fc.boolean()), { selector: ([k]) => k }),
        fc.constantFrom('', ' ', '\n\t'),
        (fields, gap) => {
          const text = `{${gap}${fields.map(([k, v]) => `${JSON.stringify(k)}${gap}:${gap}${JSON.stringify(v)}`).join(`${gap},${gap}`)}${gap}}`
          const gone = new Set(fields.filter(([, , out]) => out).map(([k]) => k))
          const node = parse(text)
          const edited = applyEdits(
            Buffer.from(text),
            withoutMembers(node, (key) => gone.has(key.value() as string)),
          )
          const kept = fields.filter(([, , out]) => !out)
          expect(Object.entries(JSON.parse(edited.toString()))).toEqual(
            Object.entries(
              JSON.parse(`{${kept.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`),
            ),
          )
        },
      ),
      { numRuns },
    )
  })

  it('take out any items of an array and leave valid JSON with the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(jsonValue(), fc.boolean())),
        fc.constantFrom('', ' ', '\n\t'),
        (items, gap) => {
          const text = `[${gap}${items.map(([v]) => JSON.stringify(v)).join(`${gap},${gap}`)}${gap}]`
          const edited = applyEdits(
            Buffer.from(text),
            withoutItems(parse(text), (_, i) => items[i]![1]),
          )
          const kept = items.filter(([, out]) => !out).map(([v]) => v)
          expect(JSON.parse(edited.toString())).toEqual(JSON.parse(JSON.stringify(kept)))
        },
      ),
      { numRuns },
    )
  })
})

describe('what strings are made of', () => {
  const parse = (json: string) => JsonNode.parse(Buffer.from(json), 100)

  it.each([
    [String.raw`["\ud83d"]`, true],
    [String.raw`["\u0064\ue000 \ud7ff"]`, false],
    [String.raw`["\\ud83d"]`, false],
    [String.raw`["a\uD83D\uDE00"]`, true],
    [String.raw`{"\udfff":1}`, true],
  ])('surrogates in escapes are seen: %s', (json, expected) => {
    expect(parse(json).hasSurrogateEscapes).toBe(expected)
  })

  it.each([
    ['[1, "a", {"b": [" a", "\\\\n"]}]', false],
    ['[1, {"b": ["a", ""]}]', true],
    ['[" \\n\\t\\r"]', true],
    ['{"": 1}', true],
    ['" "', true],
    ['"\\u0020"', false],
  ])('blank ones are seen: %s', (json, expected) => {
    expect(parse(json).hasBlanks).toBe(expected)
    expect(parse(`["", ${json}]`).items()[1]!.hasBlanks).toBe(expected)
  })
})

describe('an object with many fields', () => {
  const many = (count: number) =>
    `{${Array.from({ length: count }, (_, i) => `"k${i}":${i}`).join()},"k3":"last"}`

  it('is walked once for each name, however often it is asked for', () => {
    const bytes = Buffer.from(`[${many(5_000)},{"k9":1},${many(300)}]`)
    let reads = 0
    const tape = new Proxy(scan(bytes, 10), {
      get(target, name) {
        reads++
        return Reflect.get(target, name)
      },
    })
    const [large, small, middle] = new TapeNode(bytes, tape).items()
    const cost = (run: () => unknown) => {
      const before = reads
      run()
      return reads - before
    }
    const first = cost(() => expect(large!.get('none')).toBeUndefined())
    expect(cost(() => expect(large!.get('none')).toBeUndefined())).toBeLessThan(first / 10)
    for (let n = 0; n < 2; n++) {
      expect(large!.get('k3')?.value()).toBe('last')
      expect(large!.get('k4999')?.value()).toBe(4_999)
      expect([small!.get('k3'), small!.get('k9')?.value()]).toEqual([undefined, 1])
      expect([middle!.get('k3')?.value(), middle!.get('k4999')]).toEqual(['last', undefined])
    }
  })
})
