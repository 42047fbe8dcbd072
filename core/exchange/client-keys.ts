import { createHash, timingSafeEqual } from 'node:crypto'
import type { Headers } from '../contract/http.js'

/** Where a client may put its key; several may come together, and any one that matches lets it in. */
const SOURCES = ['authorization', 'x-api-key', 'x-goog-api-key'] as const

/** Every key that the request carries. `Bearer ` is optional: some clients leave it out. */
export function presentedKeys(headers: Headers): string[] {
  return SOURCES.flatMap((name) => {
    const value = headers[name]
    const values = value === undefined ? [] : typeof value === 'string' ? [value] : value
    return values.map((v) => (name === 'authorization' ? v.replace(/^bearer\s+/i, '') : v).trim())
  }).filter((key) => key !== '')
}

/**
 * Compares in constant time: digests have one length, so neither the length nor the first wrong character of a key can be
 * measured, and every configured key is compared whether or not an earlier one matched.
 */
export class KeyRing {
  readonly #digests: readonly Buffer[]

  constructor(keys: readonly string[]) {
    const trimmed = keys.map((key) => key.trim()) // as those that clients send are
    this.#digests = trimmed.filter((key) => key !== '').map(digest)
  }

  get empty(): boolean {
    return this.#digests.length === 0
  }

  holdsAny(candidates: readonly string[]): boolean {
    let found = false
    for (const candidate of candidates) {
      const given = digest(candidate)
      for (const known of this.#digests) if (timingSafeEqual(given, known)) found = true
    }
    return found
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
