import type { StreamEvent } from '../contract/http.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { TapeNode } from '../json/node.js'
import { isRecord } from '../json/plain.js'
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
export function dataOf(event: StreamEvent): TapeNode {
  return parsed(event.text, 'an event')
}

/** The fields of an event's data, or of the object at a path in it. */
export type RawFields = (...path: string[]) => RawObject | undefined

/** No text so short nests deeper than the limit. */
const SHORT = 2 * DEPTH_LIMIT

/**
 * Reads an event's objects as text. Where the text comes back from the decoded value byte for byte, as it does for nearly every event,
 * each field does too: that takes a fifth of the time of finding its bounds. Throws an UpstreamError for what is no JSON.
 */
export function rawFields(event: StreamEvent): RawFields {
  const { text, data } = event
  if (text.length < SHORT && JSON.stringify(data) === text)
    return (...path) => written(path.reduce<unknown>(fieldOf, data))
  const node = dataOf(event)
  return (...path) => rawObject(path.reduce<TapeNode | undefined>((found, name) => found?.get(name), node))
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined
}

function written(value: unknown): RawObject | undefined {
  if (!isRecord(value)) return undefined
  const fields: RawObject = new Map()
  for (const name of Object.keys(value)) fields.set(name, JSON.stringify(value[name]))
  return fields
}

/** A text of JSON, checked. Throws an UpstreamError that names `what`. */
export function checked(text: string, what: string): string {
  return parsed(spelledOut(text), what).text
}

/** Undefined for what is no object. Of two fields with one name the later value counts, at the place of the first, as in `JSON.parse`. */
export function rawObject(node: TapeNode | undefined): RawObject | undefined {
  if (!node?.isObject) return undefined
  const fields: RawObject = new Map()
  node.eachField((name, text) => fields.set(name, text))
  return fields
}

/** The items of an array that is held as text. */
export function rawItems(text: string): string[] {
  return parsed(text, 'a list')
    .items()
    .map((item) => item.text)
}

export function writeObject(fields: RawObject): string {
  let text = ''
  for (const [key, value] of fields) text += `${text === '' ? '' : ','}${quoted(key)}:${value}`
  return `{${text}}`
}

/** Messages have few different keys, and `JSON.stringify` takes 0.2 µs for each. */
function quoted(key: string): string {
  return SIMPLE.test(key) ? `"${key}"` : JSON.stringify(key)
}

const SIMPLE = /^[a-z_]+$/

export function writeArray(items: readonly string[]): string {
  return `[${items.join(',')}]`
}

/** Throws an UpstreamError that names `what` for a text that is no JSON. */
export function parsed(text: string | Buffer, what: string): TapeNode {
  try {
    return typeof text === 'string' ? TapeNode.ofText(text, DEPTH_LIMIT) : TapeNode.parse(text, DEPTH_LIMIT)
  } catch (cause) {
    if (cause instanceof NestingError) throw tooDeep(what)
    throw protocolError(`${what} that is not valid JSON`, cause)
  }
}

/** UTF-8 has no half of a surrogate pair; JSON can spell one. */
function spelledOut(text: string): string {
  return text.replace(/\p{Cs}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`)
}
