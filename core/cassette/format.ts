import type { Ending } from '../contract/record.js'
import { isRecord, parseJson } from '../json/plain.js'

/** Grows with each change that an older reader would misread. */
const CASSETTE_VERSION = 1

/**
 * One request with the answers of its upstreams, as a file of JSON; docs/plugins/record.md describes it. Keys and `metadata.user_id`
 * are taken out. Times are milliseconds.
 */
export interface Cassette {
  readonly agproxy: 'cassette'
  readonly version: typeof CASSETTE_VERSION
  /** The gateway's id of the request. */
  readonly id: string
  /** When it came, RFC 3339. */
  readonly at: string
  /** What the client got; null: it disconnected before. */
  readonly status: number | null
  readonly ending: Ending
  readonly request: CassetteRequest
  /** In their order; none where a plugin answered. */
  readonly attempts: readonly CassetteAttempt[]
}

/** What the client sent. */
export interface CassetteRequest {
  readonly method: string
  readonly path: string
  /** With its `?`, or empty. */
  readonly query: string
  /** Those that say what is asked for. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** One call to an upstream: with an `answer`, or with the `failure` for which there is none. */
export interface CassetteAttempt {
  readonly upstream: string
  readonly account: string
  readonly model: string
  /** As it left; absent where it is the client's. */
  readonly body?: unknown
  /** The `failure` of an UpstreamError, else `error`. */
  readonly failure?: string
  readonly answer?: CassetteAnswer
}

/** An answer as the plugins got it: decompressed, and an error that came under status 200 has its own status. */
export interface CassetteAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** From the call to the headers, and to the end. */
  readonly ms: number
  readonly endMs: number
  /** `broken`: the upstream's connection went; `cut`: the rest was not read, or is not kept. */
  readonly ending: 'complete' | 'broken' | 'cut'
  /** One of the three: JSON, any other text, or the events of a stream. */
  readonly body?: unknown
  readonly text?: string
  readonly events?: readonly CassetteEvent[]
}

export interface CassetteEvent {
  /** From the call. */
  readonly ms: number
  /** Its lines; a blank line follows. */
  readonly lines?: readonly string[]
  /** Instead of `lines`, where it does not end so. */
  readonly raw?: string
}

/** Reads a file. Undefined for JSON that is none; throws an Error that names the file for one of another version or shape. */
export function parseCassette(text: string, name: string): Cassette | undefined {
  const value = parseJson(text)
  if (!isRecord(value) || value.agproxy !== 'cassette') return undefined
  if (value.version !== CASSETTE_VERSION)
    throw new Error(
      `${name} is a cassette of version ${String(value.version)}, and this agproxy reads ${CASSETTE_VERSION}`,
    )
  const { request, attempts } = value
  if (!isRecord(request) || !isRecord(request.headers)) throw new Error(`${name} has no request`)
  if (!Array.isArray(attempts) || !attempts.every(isAttempt))
    throw new Error(`${name} has an attempt without an answer and without a failure`)
  return value as unknown as Cassette
}

function isAttempt(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { answer, failure } = value
  return isRecord(answer)
    ? typeof answer.status === 'number' && isRecord(answer.headers)
    : typeof failure === 'string'
}
