import type { JsonNode as NodeContract } from '../contract/json.js'
import { findField } from './find-field.js'
import type { Kept, Tape } from './reuse.js'
import { hasSurrogateEscapes, rescan, scan } from './scan.js'
import { bytesOf, hasEscape, isBlank, spells } from './spelling.js'

const QUOTE = 0x22
const OPEN_OBJECT = 0x7b
const OPEN_ARRAY = 0x5b
/** Strings up to here, which names and types are, are read without the JSON parser when they hold no escape. */
const SHORT = 64

/** One value of a JSON text, by its offsets: lookups are cheap, and only `value` decodes anything. */
export class TapeNode implements NodeContract {
  readonly #bytes: Buffer
  readonly #tape: Tape
  readonly #index: number
  /** Of a text that is ASCII and was a string before, the string: to cut a piece from it takes a tenth of decoding the bytes. */
  readonly #ascii: string | undefined

  constructor(bytes: Buffer, tape: Tape, index = 0, ascii?: string) {
    this.#bytes = bytes
    this.#tape = tape
    this.#index = index
    this.#ascii = ascii
  }

  /** Throws what `scan` throws: for a text that is no JSON, nests too deep or has too many values. */
  static parse(bytes: Buffer, depthLimit: number, valueLimit?: number): TapeNode {
    return new TapeNode(bytes, scan(bytes, depthLimit, valueLimit))
  }

  static ofText(text: string, depthLimit: number): TapeNode {
    const bytes = Buffer.from(text)
    return new TapeNode(bytes, scan(bytes, depthLimit), 0, bytes.length === text.length ? text : undefined)
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

  /** As it is written. */
  get text(): string {
    return this.#textOf(this.start, this.end)
  }

  /** The fields of an object in their order, each value as it is written; of two with one name both. */
  eachField(visit: (name: string, text: string) => void): void {
    const tape = this.#tape
    const after = this.#next
    for (let at = this.#index + 1; at < after; ) {
      const value = at + 1
      visit(this.#at(at).string()!, this.#textOf(tape[value * 3]!, tape[value * 3 + 1]!))
      at = tape[value * 3 + 2]!
    }
  }

  value(): unknown {
    return JSON.parse(this.text)
  }

  string(): string | undefined {
    if (!this.isString) return undefined
    const from = this.start + 1
    const to = this.end - 1
    if (to - from > SHORT) return this.value() as string
    if (hasEscape(this.#bytes, from, to)) return this.value() as string
    return this.#textOf(from, to)
  }

  is(text: string): boolean {
    return this.isString && spells(this.#bytes, this.start + 1, this.end - 1, bytesOf(text))
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
      if (!maySpell || this.#bytes[start] !== QUOTE) continue
      if (spells(this.#bytes, start + 1, tape[at * 3 + 1]! - 1, wanted)) places.push(start)
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

  get values(): number {
    return this.#next - this.#index
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

  /** The index of a field's key; -1: there is none. */
  #find(key: string): number {
    return this.isObject ? findField(this.#bytes, this.#tape, this.#index, key) : -1
  }

  get #next(): number {
    return this.#tape[this.#index * 3 + 2]!
  }

  #at(index: number): TapeNode {
    return new TapeNode(this.#bytes, this.#tape, index, this.#ascii)
  }

  #textOf(from: number, to: number): string {
    return this.#ascii?.slice(from, to) ?? this.#bytes.toString('utf8', from, to)
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
