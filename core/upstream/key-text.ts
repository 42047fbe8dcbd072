import { z } from 'zod'

/** Keys are copied from web pages, chats and files, and what sticks to them is not seen. */
const NAMES: Readonly<Record<number, string>> = {
  9: 'a tab',
  10: 'a line end',
  13: 'a line end',
  32: 'a space',
  34: 'a quote',
  39: 'a quote',
  96: 'a backtick',
  160: 'a no-break space',
  173: 'a soft hyphen',
  8203: 'a zero-width space',
  8204: 'a zero-width non-joiner',
  8205: 'a zero-width joiner',
  8216: 'a curly quote',
  8217: 'a curly quote',
  8220: 'a curly quote',
  8221: 'a curly quote',
  8288: 'a word joiner',
  12288: 'a full-width space',
  65279: 'a byte order mark',
  65292: 'a full-width comma',
}

/** White space, line ends, control characters, and format characters such as the zero-width space. */
const UNSEEN = '[\\s\\p{Cc}\\p{Cf}]'
const EDGES = new RegExp(`^${UNSEEN}+|${UNSEEN}+$`, 'gu')
const QUOTED = /^(?:"(.*)"|'(.*)'|`(.*)`|“(.*)”|‘(.*)’)$/s
const QUOTE = /^["'`“”‘’]|["'`“”‘’]$/

export interface CleanedKey {
  readonly key: string
  /** What was taken off its ends, in words; undefined where that was nothing but ASCII white space. */
  readonly removed?: string
}

/** Takes off what can't belong to a key at its ends: white space, characters that are not seen, a pair of quotes. */
export function cleanKey(text: string): CleanedKey {
  const trimmed = text.replace(EDGES, '')
  const quoted = QUOTED.exec(trimmed)
    ?.slice(1)
    .find((inner) => inner !== undefined)
  const key = quoted === undefined ? trimmed : quoted.replace(EDGES, '')
  if (quoted !== undefined) return { key, removed: 'quotes' }
  const unseen = /[^\t\r\n -~]/u.exec(text.replace(key, ''))?.[0]
  return unseen ? { key, removed: nameOf(unseen) } : { key }
}

/**
 * What keeps a cleaned key from being sent in a header, in words that hold nothing of it: `a space (U+0020) after its first 3
 * characters`. Undefined when nothing does.
 */
export function faultOfKey(key: string): string | undefined {
  const at = key.search(/[^\x21-\x7e]/u)
  if (at >= 0) {
    const name = nameOf(String.fromCodePoint(key.codePointAt(at)!))
    return at === 0 ? `${name} at its start` : `${name} after its first ${at} characters`
  }
  return QUOTE.test(key) ? 'a quote at one end' : undefined
}

/**
 * The schema of a key that clients send: any text, but without quotes around it and without characters that are not seen,
 * as no client would send them. White space at its ends does not count.
 */
export const clientKeyOption = () =>
  z.string().check(({ value, issues }) => {
    const key = value.trim()
    const unseen = /[\p{Cc}\p{Cf}\u2028\u2029]|(?! )\s/u.exec(
      value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''),
    )?.[0]
    const fault = unseen ? nameOf(unseen) : QUOTED.test(key) ? 'quotes around it' : undefined
    if (fault) issues.push({ code: 'custom', message: `expected a key without ${fault}`, input: value })
  })

function nameOf(character: string): string {
  const code = character.codePointAt(0)!
  const name =
    NAMES[code] ?? (/\p{C}/u.test(character) ? 'a control character' : 'a character outside of ASCII')
  return `${name} (U+${code.toString(16).toUpperCase().padStart(4, '0')})`
}
