import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { forgetMarks, type Mark, mayHave } from './marks.js'

const PATTERNS: Readonly<Record<Mark, RegExp>> = {
  return: /\r/,
  unspaced: /\}\n[de]/,
  error: /rror/,
  errorField: /[dus][\s\S]":/,
  spacedField: /[dus][\s\S]" :/,
  detail: /il"[: ]/,
  words: /ge"[: ][ ":]/,
  block: /k_st/,
  message: /ge_/,
}
const MARKS = Object.keys(PATTERNS) as Mark[]
const marksOf = (search: typeof mayHave, chunk: Buffer) => MARKS.filter((mark) => search(chunk, mark))
const standingIn = (chunk: Buffer) => MARKS.filter((mark) => PATTERNS[mark].test(chunk.toString('latin1')))

const piece = fc.constantFrom(
  '\r',
  '}',
  '\n',
  'd',
  'e',
  'r',
  'rror',
  'k_st',
  'ge',
  'us',
  'il',
  '"',
  ':',
  ' ',
  '_',
  'x',
  '\0',
  'é',
  'x'.repeat(13),
)
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join('')))

beforeEach(forgetMarks)
afterEach(() => vi.unstubAllGlobals())

describe('marks', () => {
  it('are those that stand in a chunk', () => {
    fc.assert(
      fc.property(text, (chunk) => {
        expect(marksOf(mayHave, chunk)).toEqual(standingIn(chunk))
      }),
    )
  })

  it('are found at each place of a chunk that is looked at in parts', () => {
    const size = 2 * 64 * 1024
    for (const [mark, word] of [
      ['unspaced', '}\nd'],
      ['error', 'rror'],
      ['block', 'k_st'],
      ['message', 'ge_'],
      ['return', '\r'],
      ['spacedField', 'us" :'],
    ] as const) {
      for (let at = 64 * 1024 - 60; at <= 64 * 1024 + 5; at++) {
        const chunk = Buffer.alloc(size, 'x')
        chunk.write(word, at)
        expect(marksOf(mayHave, chunk), `${mark} at ${at}`).toEqual([mark])
      }
      const end = Buffer.alloc(size, 'x')
      end.write(word, size - word.length)
      expect(marksOf(mayHave, end)).toEqual([mark])
    }
  })

  it('of the chunk before are none of the next one’s, shorter as it may be', () => {
    expect(marksOf(mayHave, Buffer.from('terror }\nd k_st ge_ \r de": us" : il": ge":"'))).toEqual(MARKS)
    expect(marksOf(mayHave, Buffer.from('terro'))).toEqual([])
    expect(marksOf(mayHave, Buffer.alloc(0))).toEqual([])
  })

  it('of a chunk are sought again when its buffer is used again', () => {
    const chunk = Buffer.from('a word')
    expect(marksOf(mayHave, chunk)).toEqual([])
    chunk.write('error!')
    forgetMarks()
    expect(marksOf(mayHave, chunk)).toEqual(['error'])
  })

  it('may be a part’s where they are the whole’s, and are not where they are none’s', () => {
    const chunk = Buffer.from('an error, and more')
    expect(mayHave(chunk, 'error')).toBe(true)
    expect(mayHave(chunk.subarray(10), 'error')).toBe(true)
    expect(mayHave(chunk.subarray(10), 'return')).toBe(false)
  })

  it('of what goes on in front of the chunk before, or behind it, are its own', () => {
    const all = Buffer.from('k_st, some words, error')
    expect(mayHave(all.subarray(5, 16), 'error')).toBe(false)
    expect(mayHave(all.subarray(5), 'error')).toBe(true)
    expect(mayHave(all.subarray(5, 16), 'block')).toBe(false)
    expect(mayHave(all.subarray(0, 16), 'block')).toBe(true)
  })

  it.each(['Memory', 'Module', 'Instance'])(
    'are found where WebAssembly has no %s, which is tried once',
    async (name) => {
      vi.resetModules()
      let tried = 0
      const nothing = class {
        constructor() {
          tried++
          throw new RangeError(`WebAssembly.${name}(): out of memory`)
        }
      }
      const { Memory, Module, Instance } = Reflect.get(globalThis, 'WebAssembly')
      vi.stubGlobal('WebAssembly', { Memory, Module, Instance, [name]: nothing })
      const { mayHave: slow } = await import('./marks.js')
      fc.assert(
        fc.property(text, (chunk) => {
          expect(marksOf(slow, chunk)).toEqual(standingIn(chunk))
        }),
      )
      expect(tried).toBe(1)
    },
  )
})
