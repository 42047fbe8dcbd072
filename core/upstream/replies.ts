import type { Call } from '../contract/call.js'
import type { Headers } from '../contract/http.js'
import type { Edit } from '../contract/json.js'
import type { Reply } from '../contract/reply.js'
import type { Cooldown } from '../contract/upstream.js'
import { errorBody, isErrorBody } from '../errors/api-errors.js'
import { errorInEvent } from '../errors/embedded-error.js'
import type { UpstreamError } from '../errors/gateway-errors.js'
import { wordsOfJson } from '../errors/upstream-words.js'
import { dropping, endToEnd } from '../exchange/headers.js'
import { withBytes } from '../exchange/inner.js'
import { Reply as Replies } from '../exchange/reply.js'
import { applyEdits } from '../json/edit.js'
import { isRecord } from '../json/plain.js'
import { parsed } from '../message/raw.js'
import { unfold } from '../message/unfold.js'
import { StreamEvent } from '../stream/sse-event.js'
import { type EventStream, errorEvent, type FirstEvent } from './event-stream.js'

const JSON_TYPE = { 'content-type': 'application/json' }
const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

/** They describe the body's form and would be wrong for another one. */
const OF_THE_FORM = new Set(['content-type', 'content-length', 'content-encoding', 'cache-control'])

const FOLDED: Headers = {
  ...Object.fromEntries([...dropping(...OF_THE_FORM)].map((name) => [name, undefined])),
  ...JSON_TYPE,
}

/** An error without a name may last: another account is worth a call, the same one again is not. */
const UNNAMED: Cooldown = { reason: 'server-error' }

/** A body that came whole, as it came. */
export function bytesReply({ status, headers }: Reply, bytes: Buffer): Reply {
  const isJson = /\bjson\b/i.test(String(headers['content-type'] ?? ''))
  return Replies.bytes(bytes, { status, headers: isJson ? headers : { ...headers, ...JSON_TYPE } })
}

/** A stream as it comes, under its own name. */
export function streamReply(reply: Reply, stream: EventStream, { isNamed }: FirstEvent): Reply {
  const found = reply.with({ source: stream })
  const labelled = reply.isEventStream
    ? found
    : found.with({ headers: { ...EVENTS, 'content-length': undefined } })
  return isNamed ? labelled : labelled.mapEvents(withName)
}

/** Clients see no event without its `event:` line; the rest of it stays as it came. */
function withName(event: StreamEvent): StreamEvent | undefined {
  if (event.malformed) return undefined
  if (event.type === '') {
    const error = errorInEvent(event)
    return error && errorEvent(error)
  }
  const name = Buffer.from(`event: ${event.type}\n`)
  return StreamEvent.parse(Buffer.concat([name, unmarked(event.raw)]))
}

function unmarked(bytes: Buffer): Buffer {
  const isMarked = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
  return isMarked ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** The message with an `input` in each tool call: some upstreams leave it out where the tool takes no arguments, or say null or ''. */
export function withToolInputs(message: Buffer, content: unknown): Buffer {
  if (!Array.isArray(content) || !content.some(lacksInput)) return message
  const bytes = unmarked(message)
  const items = parsed(bytes, 'a message').get('content')!.items()
  const edits = items.flatMap((item, i): Edit[] => {
    if (!lacksInput(content[i])) return []
    const input = item.get('input')
    if (input) return [{ start: input.start, end: input.end, text: '{}' }]
    return [{ start: item.end - 1, end: item.end - 1, text: ',"input":{}' }]
  })
  return applyEdits(bytes, edits)
}

function lacksInput(block: unknown): boolean {
  if (!isRecord(block) || typeof block.type !== 'string' || !block.type.endsWith('tool_use')) return false
  return block.input === undefined || block.input === null || block.input === ''
}

/** The message that a stream added up to. */
export function foldedReply(reply: Reply, json: string): Reply {
  return withBytes(reply, Buffer.from(json), FOLDED)
}

/** The stream that a message would have been. */
export function unfoldedReply(reply: Reply, message: Buffer): Reply {
  const events = unfold(parsed(unmarked(message), 'a message'))
  return Replies.bytes(events, { status: reply.status, headers: { ...EVENTS, ...rest(reply) } })
}

function rest(reply: Reply): Headers {
  return endToEnd(reply.headers, OF_THE_FORM)
}

const NO_REPLY: Reply = Replies.bytes(Buffer.alloc(0))

/**
 * An error that came under a good status, under the one that it should have had; `bytes` as it came. One that was an event has
 * the id of the request, as the API's errors do.
 */
export function errorReply(error: UpstreamError, call: Call, reply = NO_REPLY, bytes?: Buffer): Reply {
  const { status, type, message, cause } = error
  call.record.note('attempt', `an error under status ${reply.status} counts as ${status}`)
  const isJson = typeof cause === 'object' && cause !== null
  const id = reply.header('request-id') ?? call.id
  // The words were cut, and a key may have been with them.
  const words = typeof cause === 'string' ? wordsOfJson(call.record.masked(cause)).message : undefined
  const body = isJson ? cause : errorBody(type, words ?? message)
  const text =
    bytes?.toString('utf8') ?? JSON.stringify(isErrorBody(body) ? { request_id: id, ...body } : body)
  const isNamed = cause === undefined || wordsOfJson(cause).status !== undefined
  const headers = { ...rest(reply), ...JSON_TYPE }
  return Replies.bytes(Buffer.from(call.record.masked(text)), {
    status,
    headers,
    cooldown: isNamed ? undefined : UNNAMED,
  })
}
