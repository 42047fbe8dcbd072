import type { JsonNode as NodeContract } from '../contract/json.js'
import { hasSurrogateEscapes, type Kept, rescan, scan, type Tape } from './scan.js'

const QUOTE = 0x22
const OPEN_OBJECT = 0x7b
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
/** Strings up to here, which names and types are, are read without the JSON parser when they hold no escape. */
const SHORT = 64

const keys = new Map<string, Buffer>()

/** The bytes of a key as written between quotes, cached: callers ask for few different ones. */
function bytesOf(key: string): Buffer {
  let found = keys.get(key)
  if (!found) {
    found = Buffer.from(JSON.stringify(key).slice(1, -1))
    keys.set(key, found)
  }
  return found
}

/** Spaces, tabs and line ends, of which all but the first are escapes in a string. */
function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (bytes[at] === SPACE) continue
    if (bytes[at] !== BACKSLASH || !WHITE.includes(bytes[at + 1]!)) return false
    at++
  }
  return true
}

const SPACE = 0x20
const WHITE = Buffer.from('ntr')

/** One value of a JSON text, by its offsets: lookups are cheap, and only `value` decodes anything. */
export class TapeNode implements NodeContract {
  readonly #bytes: Buffer
  readonly #tape: Tape
  readonly #index: number

  constructor(bytes: Buffer, tape: Tape, index = 0) {
    this.#bytes = bytes
    this.#tape = tape
    this.#index = index
  }

  /** Throws what `scan` throws: for a text that is no JSON, nests too deep or has too many values. */
  static parse(bytes: Buffer, depthLimit: number, valueLimit?: number): TapeNode {
    return new TapeNode(bytes, scan(bytes, depthLimit, valueLimit))
  }

  /** The same for a text that was made of this whole one by splices. */
  spliced(bytes: Buffer, kept: readonly Kept[]): TapeNode {
    return new TapeNode(bytes, rescan(bytes, this.#tape, kept))
  }

  get start(): number {
    return this.#tape[this.#index * 3]!
  }

  get end(): number {
    return this.#tape[this.#index * 3 + 1]!
  }

  get isObject(): boolean {
    return this.#bytes[this.start] === OPEN_OBJECT
  }

  get isArray(): boolean {
    return this.#bytes[this.start] === OPEN_ARRAY
  }

  get isString(): boolean {
    return this.#bytes[this.start] === QUOTE
  }

  get hasSurrogateEscapes(): boolean {
    return hasSurrogateEscapes(this.#tape)
  }

  get raw(): Buffer {
    return this.#bytes.subarray(this.start, this.end)
  }

  value(): unknown {
    return JSON.parse(this.#bytes.toString('utf8', this.start, this.end))
  }

  string(): string | undefined {
    if (!this.isString) return undefined
    const from = this.start + 1
    const to = this.end - 1
    if (to - from > SHORT) return this.value() as string
    if (this.#hasEscape(from, to)) return this.value() as string
    return this.#bytes.toString('utf8', from, to)
  }

  is(text: string): boolean {
    return this.isString && this.#spells(this.#index, bytesOf(text))
  }

  places(text: string): number[] {
    const wanted = bytesOf(text)
    const tape = this.#tape
    const places: number[] = []
    const after = this.#next
    for (let at = this.#index; at < after; at++) {
      const start = tape[at * 3]!
      // Each letter that is spelt `\u0063` makes the text five bytes longer; nearly no string has such a length.
      const longer = tape[at * 3 + 1]! - start - 2 - wanted.length
      const maySpell = longer === 0 || (longer > 0 && longer % 5 === 0 && longer <= wanted.length * 5)
      if (maySpell && this.#bytes[start] === QUOTE && this.#spells(at, wanted)) places.push(start)
    }
    return places
  }

  get hasBlanks(): boolean {
    const tape = this.#tape
    const after = this.#next
    for (let at = this.#index; at < after; at++) {
      const start = tape[at * 3]!
      if (this.#bytes[start] === QUOTE && isBlank(this.#bytes, start + 1, tape[at * 3 + 1]! - 1)) return true
    }
    return false
  }

  get(key: string): TapeNode | undefined {
    const at = this.#find(key)
    return at < 0 ? undefined : this.#at(at + 1)
  }

  member(key: string): { readonly key: JsonNode; readonly value: TapeNode } | undefined {
    const at = this.#find(key)
    return at < 0 ? undefined : { key: this.#at(at), value: this.#at(at + 1) }
  }

  *members(): Generator<{ readonly key: JsonNode; readonly value: TapeNode }> {
    if (!this.isObject) return
    const after = this.#next
    for (let at = this.#index + 1; at < after; ) {
      const key = this.#at(at)
      const value = this.#at(at + 1)
      yield { key, value }
      at = value.#next
    }
  }

  items(): TapeNode[] {
    const items: TapeNode[] = []
    if (!this.isArray) return items
    const after = this.#next
    for (let at = this.#index + 1; at < after; ) {
      const item = this.#at(at)
      items.push(item)
      at = item.#next
    }
    return items
  }

  /** The index of a field's key. */
  #find(key: string): number {
    if (!this.isObject) return -1
    const wanted = bytesOf(key)
    const tape = this.#tape
    const after = this.#next
    let found = -1
    for (let at = this.#index + 1; at < after; at = tape[(at + 1) * 3 + 2]!)
      if (this.#spells(at, wanted)) found = at
    return found
  }

  get #next(): number {
    return this.#tape[this.#index * 3 + 2]!
  }

  #at(index: number): TapeNode {
    return new TapeNode(this.#bytes, this.#tape, index)
  }

  /** Compares the bytes of the string at `index`; one that is written with escapes is decoded first. */
  #spells(index: number, wanted: Buffer): boolean {
    const bytes = this.#bytes
    const from = this.#tape[index * 3]! + 1
    const length = this.#tape[index * 3 + 1]! - 1 - from
    if (length < wanted.length) return false
    if (length === wanted.length) {
      for (let i = 0; i < length; i++) if (bytes[from + i] !== wanted[i]) return false
      return true
    }
    // Six bytes spell one character at the most: a longer text can't be the wanted one.
    if (length > wanted.length * 6 || !this.#hasEscape(from, from + length)) return false
    return this.#at(index).value() === JSON.parse(`"${wanted.toString('utf8')}"`)
  }

  #hasEscape(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (this.#bytes[i] === BACKSLASH) return true
    return false
  }
}

/** One name for the type and its maker. */
export type JsonNode = NodeContract
export const JsonNode: {
  /**
   * The positions of a JSON text. Throws an Error for a text that is no JSON, that nests deeper than `depthLimit`, or that has more
   * than `valueLimit` values.
   */
  parse(bytes: Buffer, depthLimit: number, valueLimit?: number): NodeContract
} = TapeNode
