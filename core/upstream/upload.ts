import type { HeaderList } from '../contract/http.js'
import type { SendRequest } from '../contract/services.js'

/** Smaller bodies are not worth a list, nor the promise of undici's that reads it. */
const LARGE = 64 * 1024

/**
 * A large body as undici is to read it. It keeps what it was given until the answer has ended, minutes after the last byte was
 * sent; a list can be emptied before, a buffer can't.
 */
export function uploadOf(body: Buffer): Buffer[] | undefined {
  return body.length < LARGE ? undefined : [body]
}

/** The headers with the length of a body that undici does not see at once: it would send it in chunks. */
export function withLength(headers: SendRequest['headers'], length: number): SendRequest['headers'] {
  if (!isList(headers)) return { ...withoutLength(headers), [NAME]: String(length) }
  const at = headers.findIndex((part, i) => i % 2 === 0 && part.toLowerCase() === NAME)
  return at < 0 ? [...headers, NAME, String(length)] : headers
}

const NAME = 'content-length'

function withoutLength(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== NAME))
}

function isList(headers: SendRequest['headers']): headers is HeaderList {
  return Array.isArray(headers)
}
