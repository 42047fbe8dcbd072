import { Simd } from '../simd/simd.js'

/** A place that is not looked at. */
const ANY = ''

/**
 * What a chunk of a stream must have if one of those that follow it is to look at it, place by place: the letters that may stand there.
 * Each word begins late in its name, where no other name of an event has its letters.
 */
const MARKS = {
  /** A line may end in CR. */
  return: ['\r'],
  /** An object's end, the end of its line and the first letter of `event:` or `data:`: no blank line is between. */
  unspaced: ['}', '\n', 'de'],
  /** Of `error`. */
  error: ['r', 'r', 'o', 'r'],
  /** The end of a field that errors have: `code`, `statusCode`, `status`, `msg`, `success` or `base_resp`; of an answer's own `input` alone. */
  errorField: ['dus', ANY, '"', ':'],
  /** The same as Jackson writes it for people: `"code" : 500`. */
  spacedField: ['dus', ANY, '"', ' ', ':'],
  /** Of the field `detail`. */
  detail: ['i', 'l', '"', ': '],
  /** Of `message` before a text: an answer's own is an object. Inside of a text the quote is escaped. */
  words: ['g', 'e', '"', ': ', ' ":'],
  /** Of `content_block_start` and `content_block_stop`. */
  block: ['k', '_', 's', 't'],
  /** Of `message_start`, `message_delta` and `message_stop`. */
  message: ['g', 'e', '_'],
} as const

export type Mark = keyof typeof MARKS

const NAMES = Object.keys(MARKS) as Mark[]
const bitOf = Object.fromEntries(NAMES.map((name, i) => [name, 1 << i])) as Readonly<Record<Mark, number>>
/** Bytes before a part in which a mark may begin: what the longest has behind its first letter. */
const BEFORE = 4
/** That, and what one look reads behind the end. */
const BEHIND = BEFORE + 16
/** Bytes that are looked at together: what the memory has without growing. */
const PART = 64 * 1024 - BEFORE - BEHIND

let last: Buffer | undefined
let found = 0

/**
 * Whether a chunk, or a part of the one before, may have a mark; false is certain but for one that it breaks off in. All marks are
 * sought together when a chunk comes that is new: 0.1 µs for an event in a chunk of its own, where a search for each took 0.5 µs, and
 * in a burst 0.03 µs in place of 0.09.
 */
export function mayHave(chunk: Buffer, mark: Mark): boolean {
  if (!last || !isPartOf(last, chunk)) {
    last = chunk
    found = marksOf(chunk)
  }
  return (found & bitOf[mark]) !== 0
}

/** For a chunk that begins its way: its buffer may have been used before. */
export function forgetMarks(): void {
  last = undefined
}

function isPartOf(whole: Buffer, part: Buffer): boolean {
  if (part === whole) return true
  const before = part.byteOffset - whole.byteOffset
  return part.buffer === whole.buffer && before >= 0 && before + part.length <= whole.length
}

function marksOf(chunk: Buffer): number {
  let marks = 0
  for (let at = 0; at < chunk.length; at += PART) {
    const end = Math.min(chunk.length, at + PART)
    marks |= marksIn(at === 0 && end === chunk.length ? chunk : chunk.subarray(Math.max(0, at - BEFORE), end))
  }
  return marks
}

function marksIn(bytes: Buffer): number {
  const view = SEARCH.room(bytes.length + BEHIND)
  if (!view) return searchSlowly(bytes)
  view.set(bytes)
  view.fill(0, bytes.length, bytes.length + BEHIND)
  return SEARCH.run(bytes.length)
}

const SLOW = NAMES.map(
  (name) =>
    new RegExp(MARKS[name].map((letters) => (letters === ANY ? '[\\s\\S]' : `[${letters}]`)).join('')),
)

function searchSlowly(bytes: Buffer): number {
  const text = bytes.toString('latin1')
  return SLOW.reduce((marks, mark, i) => (mark.test(text) ? marks | (1 << i) : marks), 0)
}

const [END, AT, HITS, FOUND] = [0, 1, 2, 3]

/** Of 16 bytes from `at + place` on, those that are the letter. */
const areLetter = (letter: string, place: number) => [
  ...[0x20, AT, 0xfd, 0x00, 0x00, place], // v128.load(at + place)
  ...[0x41, ...signed(letter.charCodeAt(0)), 0xfd, 0x0f, 0xfd, 0x23], // == the letter in each lane
]
const areOneOf = (letters: string, place: number) =>
  [...letters].flatMap((letter, i) => [...areLetter(letter, place), ...(i > 0 ? [0xfd, 0x50] : [])]) // or
const areMark = (mark: readonly string[]) =>
  mark.flatMap((letters, i) =>
    letters === ANY ? [] : [...areOneOf(letters, i), ...(i > 0 ? [0xfd, 0x4e] : [])],
  ) // and

/** One loop for each mark: together their constants have no room in the registers, and take twice the time. */
const loopFor = (mark: readonly string[], i: number) => [
  ...[0x41, 0x00, 0x21, AT], // at = 0
  ...[0xfd, 0x0c, ...new Array(16).fill(0), 0x21, HITS], // hits = 0
  ...[0x03, 0x40], // loop
  ...[0x20, HITS, ...areMark(mark), 0xfd, 0x50, 0x21, HITS], //   hits |= those that are the mark
  ...[0x20, AT, 0x41, 0x10, 0x6a, 0x22, AT, 0x20, END, 0x49, 0x0d, 0x00, 0x0b], //   at += 16, again while at < end
  ...[0x20, FOUND, 0x20, HITS, 0xfd, 0x53, 0x41, i, 0x74, 0x72, 0x21, FOUND], // found |= any of hits << i
]

/** The bits of the marks that stand in the first bytes, so many, of the memory. */
const SEARCH = new Simd([
  ...[0x03, 0x01, 0x7f, 0x01, 0x7b, 0x01, 0x7f], // locals beside `end`: i32 at, v128 hits, i32 found
  ...NAMES.flatMap((name, i) => loopFor(MARKS[name], i)),
  ...[0x20, FOUND, 0x0b], // return found
])

/** Letters from `@` on take two bytes, or their sign would be another. */
function signed(code: number): number[] {
  return code < 0x40 ? [code] : [code | 0x80, 0x00]
}
