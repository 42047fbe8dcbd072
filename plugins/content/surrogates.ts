import type { Edit } from '../../core/index.js'

const ESCAPE = Buffer.from('\\u')
const REPLACEMENT = Buffer.from('\\ufffd')
const BACKSLASH = 0x5c

/**
 * Puts U+FFFD in the place of escapes of half a character (`"\ud83d"` without its other half), in keys and values alike; no
 * edits when there are none. In JSON a backslash occurs in strings alone, so that the bytes tell without a look at their structure.
 * One edit for all of them: 32 MB of such escapes would be five million.
 */
export function withoutLoneSurrogates(json: Buffer): Edit[] {
  const lone = loneEscapes(json)
  const first = lone[0]
  if (first === undefined) return []
  const start = first
  const end = lone.at(-1)! + REPLACEMENT.length
  const text = Buffer.from(json.subarray(start, end))
  for (const at of lone) for (let i = 2; i < REPLACEMENT.length; i++) text[at - start + i] = REPLACEMENT[i]!
  return [{ start, end, text }]
}

function loneEscapes(json: Buffer): number[] {
  const lone: number[] = []
  for (let at = json.indexOf(ESCAPE); at >= 0; ) {
    const unit = unitAt(json, at)
    let next = at + ESCAPE.length
    if (isHigh(unit)) {
      // Its other half comes right behind it, in an escape too: raw halves are no UTF-8.
      const low = at + REPLACEMENT.length
      if (isLow(unitAt(json, low))) next = low + REPLACEMENT.length
      else lone.push(at)
    } else if (isLow(unit)) lone.push(at)
    at = json.indexOf(ESCAPE, next)
  }
  return lone
}

/** The code unit that an escape at this place spells; undefined where there is none, as behind another backslash. */
function unitAt(json: Buffer, at: number): number | undefined {
  if (json[at] !== BACKSLASH || json[at + 1] !== 0x75 || isEscaped(json, at)) return undefined
  let unit = 0
  for (let i = at + 2; i < at + 6; i++) unit = unit * 16 + DIGITS[json[i]!]!
  return unit
}

/** Of each byte its value as a digit, since a text made of each escape took 0.25 µs of it, 1 s of 32 MB. The body is JSON: there are no others. */
const DIGITS = Uint8Array.from(
  { length: 256 },
  (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0,
)

function isEscaped(json: Buffer, at: number): boolean {
  let from = at
  while (json[from - 1] === BACKSLASH) from--
  return (at - from) % 2 === 1
}

const isHigh = (unit: number | undefined) => unit !== undefined && unit >= 0xd800 && unit < 0xdc00
const isLow = (unit: number | undefined) => unit !== undefined && unit >= 0xdc00 && unit < 0xe000
