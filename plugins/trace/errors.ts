import type { Entry } from './entry.js'

/** The newest attempt of an account that failed. */
export interface AccountError {
  readonly account: string
  readonly upstream: string
  /** As the upstream calls it. */
  readonly model: string
  /** The request's id, and when it came, RFC 3339. */
  readonly request: string
  readonly at: string
  /** Undefined where no answer came; then `failure` says why. */
  readonly status: number | undefined
  readonly failure: string | undefined
  /** Its type and status, without words of the upstream. */
  readonly error: string | undefined
  /** With `bodies: true` the upstream's own words, which may quote the prompt, without keys; null: it said nothing. */
  readonly words: string | null | undefined
}

/** What `GET /_agproxy/api/errors` answers. */
export interface ErrorsAnswer {
  readonly errors: readonly AccountError[]
}

/** Of each account that failed at a request which is kept, newest first. A client that gave up is no failure of an account. */
export function errorsOf(entries: readonly Entry[]): ErrorsAnswer {
  const found = new Map<string, AccountError>()
  for (const { id, at, attempts, bodies } of entries.toReversed())
    for (const attempt of attempts.toReversed()) {
      const { account, upstream, model, status, failure, error } = attempt
      const failed = failure === undefined ? (status ?? 0) >= 400 : failure !== 'gone'
      if (failed && !found.has(account))
        found.set(account, {
          account,
          upstream,
          model,
          request: id,
          at: new Date(at).toISOString(),
          status,
          failure,
          error,
          words: bodies && (attempt.words() ?? null),
        })
    }
  return { errors: [...found.values()] }
}
