import type { StreamEvent } from '../contract/http.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { JsonNode } from '../json/node.js'
import { NestingError } from '../json/scan.js'
import { protocolError } from './protocol-error.js'

/**
 * A JSON object, field by field, with each value as the text that came. What is copied as text keeps its numbers:
 * `JSON.parse` makes 1234567890123456800 of 1234567890123456789, and 1 of 1.0.
 */
export type RawObject = Map<string, string>

/** Far deeper than any tool input; `scan` is recursive. */
const DEPTH_LIMIT = 1_000

/** Asked again, the upstream would send the same. */
function tooDeep(what: string): UpstreamError {
  return new UpstreamError('shape', `the upstream sent ${what} that nests deeper than ${DEPTH_LIMIT} levels`)
}

/** The data of an event. Throws an UpstreamError for what is no JSON. */
export function dataOf(event: StreamEvent): JsonNode {
  return parsed(event.text, 'an event')
}

/** A text of JSON, checked. Throws an UpstreamError that names `what`. */
export function checked(text: string, what: string): string {
  return rawText(parsed(spelledOut(text), what))
}

/** Undefined for what is no object. Of two fields with one name the later value counts, at the place of the first, as in `JSON.parse`. */
export function rawObject(node: JsonNode | undefined): RawObject | undefined {
  if (!node?.isObject) return undefined
  const fields: RawObject = new Map()
  for (const { key, value } of node.members()) fields.set(key.string()!, rawText(value))
  return fields
}

export function rawText(node: JsonNode): string {
  return node.raw.toString('utf8')
}

/** The items of an array that is held as text. */
export function rawItems(text: string): string[] {
  return parsed(text, 'a list').items().map(rawText)
}

export function writeObject(fields: RawObject): string {
  return `{${Array.from(fields, ([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`
}

export function writeArray(items: readonly string[]): string {
  return `[${items.join(',')}]`
}

/** Throws an UpstreamError that names `what` for a text that is no JSON. */
export function parsed(text: string | Buffer, what: string): JsonNode {
  try {
    return JsonNode.parse(typeof text === 'string' ? Buffer.from(text) : text, DEPTH_LIMIT)
  } catch (cause) {
    if (cause instanceof NestingError) throw tooDeep(what)
    throw protocolError(`${what} that is not valid JSON`, cause)
  }
}

/** UTF-8 has no half of a surrogate pair; JSON can spell one. */
function spelledOut(text: string): string {
  return text.replace(/\p{Cs}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`)
}
