import type { Headers } from '../contract/http.js'

const SHORTEST = 8
/** From here on a text is taken for a key whatever it is made of: no word of an error is as long. */
const LONG = 24

/**
 * Masking touches the key of the account that was called, in the words and headers of an error, where it is whole and long
 * enough to be a key. A good answer passes byte for byte, whatever it says. Local servers take any word for a key
 * (`token`, `lmstudio`, `not-needed`): a short one counts as a secret when it has a digit among other characters, or begins
 * with `sk-`.
 */
function isSecret(key: string | undefined): key is string {
  if (key === undefined || key.length < SHORTEST) return false
  return key.length >= LONG || key.startsWith('sk-') || (/\d/.test(key) && /\D/.test(key))
}

/** The words of an error, which may be JSON, HTML or plain, with `[key]` in the key's place. */
export function maskText(text: string, key: string | undefined): string {
  return isSecret(key) ? text.replace(patternOf(key), '[key]') : text
}

/** The bytes of an error body; the same buffer where the key is not in them. */
export function maskBytes(bytes: Buffer, key: string | undefined): Buffer {
  if (!isSecret(key)) return bytes
  const text = bytes.toString('utf8')
  const masked = text.replace(patternOf(key), '[key]')
  return masked === text ? bytes : Buffer.from(masked)
}

/** Upstreams have been seen to quote the key in `www-authenticate`. */
export function maskHeaders(headers: Headers, key: string | undefined): Headers {
  if (!isSecret(key)) return headers
  let masked: Record<string, string | readonly string[] | undefined> | undefined
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || !String(value).includes(key)) continue
    masked ??= { ...headers }
    masked[name] = typeof value === 'string' ? maskText(value, key) : value.map((v) => maskText(v, key))
  }
  return masked ?? headers
}

/** Where a word may begin: not behind a letter, but behind `\n`, `\u000a` and `%20`, which end in one. */
const BEGIN = String.raw`(?:(?<![\w-])|(?<=\\[bfnrt]|\\u[\da-fA-F]{4}|%[\da-fA-F]{2}))`
const END = String.raw`(?![\w-])`

const patterns = new Map<string, RegExp>()
/** Accounts have few keys; those of a reloaded config come on top. */
const MOST_PATTERNS = 200

function patternOf(key: string): RegExp {
  let pattern = patterns.get(key)
  if (!pattern) {
    if (patterns.size >= MOST_PATTERNS) patterns.clear()
    pattern = makePattern(key)
    patterns.set(key, pattern)
  }
  return pattern
}

/** The key as it is, and as JSON and URLs spell it. One of 24 characters is found inside of longer words too. */
function makePattern(key: string): RegExp {
  const json = JSON.stringify(key).slice(1, -1)
  const inURLs = new URLSearchParams({ key }).toString().slice('key='.length)
  const spellings = new Set([key, json, json.replaceAll('/', '\\/'), inURLs])
  const any = [...spellings]
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join('|')
  return new RegExp(key.length >= LONG ? any : `${BEGIN}(?:${any})${END}`, 'g')
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
}

/** What follows a secret's name, or the name of a scheme of HTTP; and words that are too mixed and too long for a language. */
const NAMED = /\b(key|token|secret|password|passwd|pwd|credential)s?(["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi
const SCHEME = /\b(Bearer|Basic)\s+\S+/gi
const MIXED = /[\w+=~.-]{24,}/g
/** Characters that are kept: what went wrong is said at the beginning. */
const TOLD = 400

/** The words of an error of somebody's own code, for the log: it may quote a secret that was never seen here. */
export function maskUnknown(text: string): string {
  return text
    .slice(0, TOLD)
    .replace(SCHEME, '$1 [masked]')
    .replace(NAMED, '$1$2[masked]')
    .replace(/\bsk-[\w-]{3,}/g, '[masked]')
    .replace(MIXED, (word) => (/\d/.test(word) && /[a-z]/i.test(word) ? '[masked]' : word))
}
