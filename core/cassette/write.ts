import { isRecord, parseJson } from '../json/plain.js'
import type { Cassette, CassetteAnswer, CassetteEvent } from './format.js'
import { redacted } from './redact.js'

/** What must not be in a file: keys of accounts and clients, and what names the user (`namesOfUser`). */
export interface CassetteSecrets {
  readonly keys: readonly string[]
  readonly names: readonly string[]
}

/** Its file: names sort by time. */
export function cassetteName({ at, id }: Pick<Cassette, 'at' | 'id'>): string {
  return `${at.replaceAll(':', '-')}-${id}.json`
}

/** What its file holds. `masked` takes out what else is known to be secret. */
export function cassetteText(
  cassette: Cassette,
  { keys, names }: CassetteSecrets,
  masked: (text: string) => string = (text) => text,
): string {
  return `${redacted(masked(JSON.stringify(cassette, null, 2)), keys, names)}\n`
}

/** An event of a stream, with its blank line. */
export function cassetteEvent(text: string, ms: number): CassetteEvent {
  const lines = text.slice(0, -2).split('\n')
  const plain = text.endsWith('\n\n') && !text.includes('\r')
  return plain ? { ms, lines } : { ms, raw: text }
}

/** An answer that is no stream. */
export function cassetteBody(text: string): Pick<CassetteAnswer, 'body' | 'text'> {
  const body = parseJson(text)
  return isRecord(body) || Array.isArray(body) ? { body } : { text }
}
