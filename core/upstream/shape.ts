import { parseJson } from '../json/plain.js'
import { foreignApi } from '../message/first-event.js'
import { looksLikeEvents } from '../stream/sse-event.js'

export type Shape = 'events' | 'json' | 'other'

/** What may yet become an event stream: bytes come in any pieces. */
const MAY_BE_EVENTS = /^[a-z]{0,5}$/
const EVENT = 'event:'
/** Characters that decide. */
const ENOUGH = 64

/** White space, and the bytes of a byte order mark: what may come before an answer. Some upstreams send line ends while they think. */
const LEAD = new Set(Buffer.from('\t\n\r \ufeff'))

/** Where a body begins to say something; its length where it says nothing yet. */
export function leadOf(bytes: Buffer): number {
  let at = 0
  while (at < bytes.length && LEAD.has(bytes[at]!)) at++
  return at
}

/**
 * What a body is, by its first bytes behind its lead; undefined while they are too few to tell. Its content type counts for
 * little: a body that is said to be events (`isLabelled`) may begin with any field, and JSON and web pages come under that label
 * too.
 */
export function shapeOf(bytes: Buffer, isLabelled: boolean): Shape | undefined {
  if (bytes.toString('latin1', 0, EVENT.length) === EVENT) return 'events' // nearly always
  const start = bytes.toString('utf8', 0, ENOUGH)
  if (looksLikeEvents(start)) return 'events'
  const first = start[0]
  if (first === '{' || first === '[') return 'json'
  if (bytes.length < ENOUGH && MAY_BE_EVENTS.test(start)) return undefined
  return isLabelled && first !== '<' ? 'events' : 'other'
}

export const NOTHING = 'nothing'
export const CUT_JSON = 'JSON that breaks off'

/** What came, in words, in the place of an answer. */
export function describeBody(body: Buffer): string {
  const bytes = body.subarray(leadOf(body))
  const start = bytes.toString('utf8', 0, ENOUGH)
  if (start.trim() === '') return NOTHING
  if (start.startsWith('<')) return 'a web page'
  if (looksLikeEvents(start)) return 'an event stream'
  if (!/^[[{]/.test(start)) return 'a text'
  const json = parseJson(bytes)
  if (typeof json !== 'object' || json === null) return isJsonLines(bytes) ? 'JSON of another kind' : CUT_JSON
  const api = foreignApi(json)
  return api ? `an answer of the ${api} API` : 'JSON of another kind'
}

/** Several values, one a line. */
function isJsonLines(bytes: Buffer): boolean {
  const end = bytes.indexOf('\n', bytes.indexOf('{'))
  return end > 0 && parseJson(bytes.subarray(0, end)) !== undefined
}
