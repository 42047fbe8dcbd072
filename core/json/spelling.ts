const SPACE = 0x20
const BACKSLASH = 0x5c
const WHITE = Buffer.from('ntr')

const keys = new Map<string, Buffer>()

/** The bytes of a key as written between quotes, cached: callers ask for few different ones. */
export function bytesOf(key: string): Buffer {
  let found = keys.get(key)
  if (!found) {
    found = Buffer.from(JSON.stringify(key).slice(1, -1))
    keys.set(key, found)
  }
  return found
}

/** Spaces, tabs and line ends, of which all but the first are escapes in a string. */
export function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (bytes[at] === SPACE) continue
    if (bytes[at] !== BACKSLASH || !WHITE.includes(bytes[at + 1]!)) return false
    at++
  }
  return true
}

/** Whether the string between two quotes is the wanted one; one that is written with escapes is decoded first. */
export function spells(bytes: Buffer, from: number, to: number, wanted: Buffer): boolean {
  const length = to - from
  if (length < wanted.length) return false
  if (length === wanted.length) {
    for (let i = 0; i < length; i++) if (bytes[from + i] !== wanted[i]) return false
    return true
  }
  // Six bytes spell one character at the most: a longer text can't be the wanted one.
  if (length > wanted.length * 6 || !hasEscape(bytes, from, to)) return false
  return JSON.parse(bytes.toString('utf8', from - 1, to + 1)) === JSON.parse(`"${wanted.toString('utf8')}"`)
}

export function hasEscape(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === BACKSLASH) return true
  return false
}
