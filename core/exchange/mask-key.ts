import type { Headers } from '../contract/http.js'
import { type Needle, needlesOf, withoutSecrets } from './spellings.js'

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

/**
 * The words of an error, which may be JSON, HTML or plain, with `[key]` in the key's place, however it is spelt: no spelling is shorter
 * than the key.
 */
export function maskText(text: string, key: string | undefined): string {
  if (key === undefined || text.length < key.length || !isSecret(key)) return text
  return withoutSecrets(text, needlesFor(key), MARK)
}

/** The bytes of an error body; the same buffer where the key is not in them. */
export function maskBytes(bytes: Buffer, key: string | undefined): Buffer {
  if (!isSecret(key)) return bytes
  const text = bytes.toString('utf8')
  const masked = withoutSecrets(text, needlesFor(key), MARK)
  return masked === text ? bytes : Buffer.from(masked)
}

/** Upstreams have been seen to quote the key in `www-authenticate`. */
export function maskHeaders(headers: Headers, key: string | undefined): Headers {
  if (!isSecret(key)) return headers
  let masked: Record<string, string | readonly string[] | undefined> | undefined
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined) continue
    const text = typeof value === 'string' ? value : value.join(' ')
    if (text.length < key.length) continue // nearly always
    masked ??= { ...headers }
    masked[name] = typeof value === 'string' ? maskText(value, key) : value.map((v) => maskText(v, key))
  }
  return masked && isOther(masked, headers) ? masked : headers
}

function isOther(masked: Headers, headers: Headers): boolean {
  return Object.keys(masked).some((name) => String(masked[name]) !== String(headers[name]))
}

const MARK = '[key]'

/** By key, as each answer's headers are searched; those of keys that are refreshed give way. */
const known = new Map<string, readonly Needle[]>()
const KNOWN = 64

/** One of 24 characters is found inside of longer words too. */
function needlesFor(key: string): readonly Needle[] {
  let needles = known.get(key)
  if (!needles) {
    needles = needlesOf(key, key.length >= LONG ? 'anywhere' : 'word')
    if (known.size >= KNOWN) known.delete(known.keys().next().value!)
    known.set(key, needles)
  }
  return needles
}

/** What follows a secret's name, or the name of a scheme of HTTP; and words that are too mixed and too long for a language. */
const NAMED = /\b(key|token|secret|password|passwd|pwd|credential)s?(["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi
const SCHEME = /\b(Bearer|Basic)\s+\S+/gi
const MIXED = /[\w+=~.-]{24,}/g
/** Characters that are kept: what went wrong is said at the beginning. */
const TOLD = 400

/** The words of an error of foreign code, for the log: it may quote a secret that was never seen here. */
export function maskUnknown(text: string): string {
  return text
    .slice(0, TOLD)
    .replace(SCHEME, '$1 [masked]')
    .replace(NAMED, '$1$2[masked]')
    .replace(/\bsk-[\w-]{3,}/g, '[masked]')
    .replace(MIXED, (word) => (/\d/.test(word) && /[a-z]/i.test(word) ? '[masked]' : word))
}
