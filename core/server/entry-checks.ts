import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.js'

export interface HeaderLimits {
  /** Bytes of names and values. */
  readonly headerLimit: number
  readonly headerCountLimit: number
}

/** Refuses a request whose headers are too many or too large; Node would drop those past its own count without a word. */
export function checkHeaders({ rawHeaders }: IncomingMessage, limits: HeaderLimits): void {
  const count = rawHeaders.length / 2
  if (count > limits.headerCountLimit) {
    throw tooMuch(`${count} headers came, and server.headerCountLimit is ${limits.headerCountLimit}`)
  }
  let size = 0
  for (const part of rawHeaders) size += part.length + 2
  if (size > limits.headerLimit)
    throw tooMuch(`the headers have ${size} bytes, and server.headerLimit is ${limits.headerLimit}`)
}

function tooMuch(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message, { status: 431, retry: false })
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = new Set([0x5b, 0x7b])
const CLOSE = new Set([0x5d, 0x7d])

/**
 * Refuses JSON that nests deeper than `limit`: `JSON.parse` takes any depth, and whoever walks or writes the result by
 * recursion runs out of stack. Strings, nearly all of a real body, are skipped by native search.
 */
export function checkDepth(json: Buffer, limit: number): void {
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]!
    if (byte === QUOTE) {
      i = endOfString(json, i)
      if (i < 0) return // not JSON; the parser says so in better words
    } else if (OPEN.has(byte)) {
      if (++depth > limit) {
        throw new GatewayError(
          'invalid_request_error',
          `the body nests deeper than server.depthLimit (${limit})`,
          { retry: false },
        )
      }
    } else if (CLOSE.has(byte)) depth--
  }
}

/** The closing quote: one with an even number of backslashes before it. */
function endOfString(json: Buffer, open: number): number {
  let end = json.indexOf(QUOTE, open + 1)
  while (end >= 0) {
    let backslashes = 0
    while (json[end - 1 - backslashes] === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return end
    end = json.indexOf(QUOTE, end + 1)
  }
  return -1
}
