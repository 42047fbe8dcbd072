import { GatewayError } from '../../core/index.js'
import type { Entry } from './entry.js'

/** Characters of one answer. */
const MOST = 200_000

/**
 * A piece of what was asked or answered: `?part=request&from=0`. A value of 8 MB in one answer is nothing that a page can show.
 * @returns `text` from the character `from` on, at most 200,000 characters; `next`, where there is more; `length` of all of it.
 */
export function partOf({ id, bodies }: Entry, query: string) {
  const params = new URLSearchParams(query)
  const part = params.get('part') ?? 'request'
  const from = Number(params.get('from') ?? 0)
  if (part !== 'request' && part !== 'answer')
    throw bad(`part: expected request or answer, found '${part.slice(0, 40)}'`)
  if (!Number.isSafeInteger(from) || from < 0) throw bad('from is a whole number of characters')
  const bytes = bodies?.[part]
  if (!bytes) throw notKept(id, part)
  const all = bytes.toString('utf8')
  const text = all.slice(from, from + MOST)
  const next = from + text.length
  return { part, from, text, next: next < all.length ? next : undefined, length: all.length }
}

export function notKept(id: string, part: 'request' | 'answer'): GatewayError {
  const message = `the ${part} of ${id} is not kept; \`trace: { bodies: true }\` in the config keeps what is asked and answered from then on`
  return new GatewayError('not_found_error', message, { code: 'AGP_UNKNOWN_REQUEST', retry: false })
}

function bad(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message, { code: 'AGP_INVALID_QUERY', retry: false })
}
