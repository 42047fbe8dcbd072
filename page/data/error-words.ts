import type { AccountError } from '../api/types.js'

/** An account's error: its status, its type, and the upstream's own words; without them, what the status means. */
export function errorWords({ status, failure, error, words }: AccountError): string {
  if (failure !== undefined || status === undefined) return error ?? failure ?? 'no answer came'
  const type = error?.replace(` (${status})`, '')
  const said = words ? `“${words}”` : (MEANINGS[status] ?? (status >= 500 ? MEANINGS[500] : MEANINGS[400]))
  return `${status}${type === undefined ? '' : ` ${type}`}: ${said}`
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'it refused the request',
  401: 'it refused the key',
  402: 'it wants to be paid',
  403: 'it does not allow this to the key',
  404: 'it does not know the model',
  413: 'the request was too large',
  429: 'too many requests, or a limit is used up',
  500: 'it failed inside',
  503: 'it was overloaded',
  504: 'it took too long',
  529: 'it was overloaded',
}
