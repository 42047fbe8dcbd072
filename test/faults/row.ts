import type { Handler, UpstreamOptions } from '../support/bad-upstream.js'
import type { Script } from '../support/script.js'

/** What came of one request, in the words of docs/faults.md. */
export interface Outcome {
  /** What the client sees. */
  readonly sees: string
  /** Requests that it cost upstream. */
  readonly calls: number
  /** The state of the (only) account afterwards. */
  readonly account: string
}

/** One row of the table "what happens when the upstream …": the fault itself, and what each kind of client gets of it. */
export interface Row {
  /** Continues "the upstream …". */
  readonly upstream: string
  readonly answers: Handler
  readonly options?: UpstreamOptions
  /** Options of stream-guard, where times matter. */
  readonly guard?: Readonly<Record<string, unknown>>
  /** Where the gateway looks for the upstream, if not at its URL. */
  readonly at?: (url: string) => Promise<string> | string
  /** The upstream sees no request, so the gateway's own count stands for it. */
  readonly unseen?: true
  /** Calls that may come beside the attempts: those of `learn`, which an attempt asks again by itself. */
  readonly lessons?: number
  /** Fields of the request's body. */
  readonly ask?: object
  /** What the answer says, if not `ANSWER`. */
  readonly text?: string
  /** The bytes that a streaming client must get, exactly, before anything that the gateway adds. */
  readonly sent?: Buffer
  /** A client that asked for a stream; absent where the fault is one of JSON answers alone. */
  readonly stream?: Outcome
  /** A client that did not, with an upstream that takes such calls as they are. */
  readonly json?: Outcome
  /** A client that did not, with an upstream that is asked for a stream all the same; absent: as `json`. */
  readonly folded?: Outcome
  /** What the (streaming) client sees if there is a second account that works. */
  readonly second: string
  /** The row does not hold on this version of Node. */
  readonly skip?: boolean
}

/** What every good answer of the suite says; some of its characters have several bytes. */
export const ANSWER = 'žluťoučký kůň 🐎'

export const USABLE = 'usable'
/** For a second or two after a failure of the server. */
export const SHAKY = 'usable, others go first'
export const WHOLE = 'the whole answer'
/** For `second`: the gateway does not, or may not, try another account. */
export const SAME = 'the same'

export const whole: Outcome = { sees: WHOLE, calls: 1, account: USABLE }

/** An outcome that is final at the first call. */
export function once(sees: string, account = USABLE): Outcome {
  return { sees, calls: 1, account }
}

/** A failure that was tried three times, `maxAttempts`, with nobody else to ask. */
export function thrice(sees: string, account = SHAKY): Outcome {
  return { sees, calls: 3, account }
}

/** A failure of the server, as the table words it. */
export function failed(status: number, type: string, message: string): Outcome {
  return thrice(error(status, type, message, 'retry-after: 1…3'))
}

/** An answer of another kind: the same upstream would give it again, so that it is asked once. */
export function refused(message: string): Outcome {
  return once(error(502, 'api_error', message, 'x-should-retry: false'), SHAKY)
}

/** A timeout, after which the upstream may be at work: it is not asked again. */
export function timedOut(message: string): Outcome {
  return once(error(504, 'timeout_error', message, 'retry-after: 1…3'), SHAKY)
}

/** An error as the table words it. */
export function error(status: number, type: string, message: string, headers = ''): string {
  return `${status} \`${type}\` “${message}”${headers && `, \`${headers}\``}`
}

export const always =
  (script: Script): Handler =>
  () =>
    script

/** One answer for a request that asks for a stream, and one for any other. */
export const byKind =
  (stream: Script, json: Script): Handler =>
  (request) =>
    request.json().stream ? stream : json
