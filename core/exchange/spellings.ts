/** A text to look for, and what it says of the text around it where it is found. */
export interface Needle {
  readonly text: string
  /** `anywhere`; `word`: not as a part of a longer word; `base64`: the word around it is the secret's too. */
  readonly as: 'anywhere' | 'word' | 'base64'
}

interface Span {
  readonly start: number
  readonly end: number
}

/** A text whose escapes were decoded, and what leads from a place in it to the place before. */
interface Level {
  readonly text: string
  readonly before?: {
    readonly level: Level
    /** Of each escape the place of its character, and how many characters all escapes up to it took more than they do now. */
    readonly at: readonly number[]
    readonly longer: readonly number[]
  }
}

/** JSON in JSON in a URL in HTML; deeper ones were never seen. */
const DEEPEST = 4

/** What every escape begins with. */
const ESCAPES = /[%\\&]/

/**
 * The text with `mark` in the place of each secret, however its characters are spelt: percent-encoded, as JSON or HTML escape
 * them, one inside the other, all of them or a few. No spelling is shorter than the secret. The work grows in proportion to the text.
 */
export function withoutSecrets(text: string, needles: readonly Needle[], mark: string): string {
  const found: Span[] = []
  let level: Level | undefined = { text }
  for (let depth = 0; level && depth <= DEEPEST; depth++) {
    for (const needle of needles) search(level, needle, found)
    level = decoded(level)
  }
  return found.length === 0 ? text : replaced(text, found, mark)
}

/**
 * What to look for: the secret itself, and it as a part of any text in base64, as Basic authentication sends it. The characters
 * at the ends of the latter depend on what is beside it, so that there is one for each of three places.
 */
export function needlesOf(secret: string, as: Needle['as']): readonly Needle[] {
  const needles: Needle[] = [{ text: secret, as }]
  for (const before of [0, 1, 2]) {
    const bytes = Buffer.from('\0'.repeat(before) + secret)
    const inBase64 = bytes
      .toString('base64')
      .slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
    needles.push({ text: inBase64, as: 'base64' })
    const inURLs = inBase64.replaceAll('+', '-').replaceAll('/', '_')
    if (inURLs !== inBase64) needles.push({ text: inURLs, as: 'base64' })
  }
  return needles
}

const WORD = /[\w-]/
const BASE64 = /[\w+/-]/
const BASE64_END = /[\w+/=-]/

function search(level: Level, { text: needle, as }: Needle, found: Span[]): void {
  const { text } = level
  for (let from = 0, at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, from)) {
    let start = at
    let end = at + needle.length
    if (as === 'word' && (WORD.test(text[start - 1] ?? '') || WORD.test(text[end] ?? ''))) {
      from = at + 1
      continue
    }
    if (as === 'base64') {
      while (start > from && BASE64.test(text[start - 1]!)) start--
      while (end < text.length && BASE64_END.test(text[end]!)) end++
    }
    found.push({ start: placeIn(level, start), end: placeIn(level, end) })
    from = end
  }
}

/** Undefined for a text without escapes. By codes, as an error of 1 MB may be nothing but backslashes (a regular expression: 600 ms). */
function decoded(level: Level): Level | undefined {
  const { text } = level
  if (!ESCAPES.test(text)) return undefined
  const codes = new Uint16Array(text.length)
  const at: number[] = []
  const longer: number[] = []
  let size = 0
  for (let i = 0; i < text.length; size++) {
    const code = text.charCodeAt(i)
    const length = code === PERCENT || code === BACKSLASH || code === AMPERSAND ? escapeAt(text, i, code) : 1
    codes[size] = length === 1 ? code : spelt
    i += length
    if (length === 1) continue
    at.push(size)
    longer.push(i - size - 1)
  }
  if (at.length === 0) return undefined
  const shorter = Buffer.from(codes.buffer, 0, size * 2).toString('utf16le')
  return { text: shorter, before: { level, at, longer } }
}

const [PERCENT, BACKSLASH, AMPERSAND] = [0x25, 0x5c, 0x26]
/** The character of the escape that was found last. */
let spelt = 0

/** The length of the escape that begins here, as URLs, JSON, other languages' texts and HTML have them; 1 when there is none. */
function escapeAt(text: string, at: number, sign: number): number {
  if (sign === PERCENT) return byHex(text, at + 1, 2, 3)
  if (sign === AMPERSAND) return entityAt(text, at)
  const kind = text.charCodeAt(at + 1)
  if (kind === LETTER_U)
    return text.charCodeAt(at + 2) === BRACE ? inBraces(text, at) : byHex(text, at + 2, 4, 6)
  if (kind === LETTER_X) return byHex(text, at + 2, 2, 4)
  spelt = kind >= LETTER_B ? (CONTROLS.get(kind) ?? kind) : kind
  return Number.isNaN(kind) ? 1 : 2
}

const [LETTER_B, LETTER_U, LETTER_X, BRACE] = [0x62, 0x75, 0x78, 0x7b]
const CONTROLS: ReadonlyMap<number, number> = new Map(
  [...'bfnrt'].map((letter, i) => [letter.charCodeAt(0), '\b\f\n\r\t'.charCodeAt(i)]),
)

/** `length` where all digits are there, else 1. */
function byHex(text: string, from: number, digits: number, length: number): number {
  let value = 0
  for (let i = from; i < from + digits; i++) {
    const digit = hexDigit(text.charCodeAt(i))
    if (digit < 0) return 1
    value = value * 16 + digit
  }
  spelt = value
  return length
}

/** `\u{73}`, as JavaScript has it. */
function inBraces(text: string, at: number): number {
  const [whole, hex] = BRACES.exec(text.slice(at, at + LONGEST)) ?? []
  return whole ? character(Number.parseInt(hex!, 16), whole.length) : 1
}

const BRACES = /^\\u\{0*([\da-f]{1,4})\}/i

function character(code: number, length: number): number {
  spelt = code
  return length
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Characters of the longest escape that is known; a number may have zeros before it. */
const LONGEST = 24
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  sol: '/',
  num: '#',
  equals: '=',
  plus: '+',
  lowbar: '_',
  period: '.',
  colon: ':',
  hyphen: '-',
}

function entityAt(text: string, at: number): number {
  const [whole, hex, decimal, name] = ENTITY.exec(text.slice(at, at + LONGEST)) ?? []
  if (!whole) return 1
  const named = name && ENTITIES[name.toLowerCase()]
  if (name && !named) return 1
  const code = named ? named.charCodeAt(0) : hex ? Number.parseInt(hex, 16) : Number(decimal)
  return character(code, whole.length)
}

const ENTITY = /^&(?:#x0*([\da-f]{1,4})|#0*(\d{1,5})|([a-z]{2,6}));/i

/** Where in the text that came this place of a decoded one is. */
function placeIn({ before }: Level, place: number): number {
  if (!before) return place
  const { level, at, longer } = before
  let [low, high] = [0, at.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (at[middle]! < place) low = middle + 1
    else high = middle
  }
  return placeIn(level, place + (low > 0 ? longer[low - 1]! : 0))
}

function replaced(text: string, found: Span[], mark: string): string {
  let out = ''
  let from = 0
  let last: { start: number; end: number } | undefined
  const add = () => {
    if (last) out += text.slice(from, last.start) + mark
    from = last?.end ?? 0
  }
  for (const { start, end } of found.sort((a, b) => a.start - b.start)) {
    if (last && start < last.end) last.end = Math.max(last.end, end)
    else {
      add()
      last = { start, end }
    }
  }
  add()
  return out + text.slice(from)
}
