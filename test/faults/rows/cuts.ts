import { errorData, messageEvents } from '../../support/messages.js'
import {
  delay,
  end,
  hangUp,
  head,
  reset,
  respond,
  type Script,
  sse,
  stall,
  streamed,
  write,
} from '../../support/script.js'
import { cutInsideCharacter, cutInsideData, frames } from '../../support/sse-bytes.js'
import {
  ANSWER,
  always,
  byKind,
  error,
  failed,
  once,
  type Row,
  SAME,
  timedOut,
  WHOLE,
  whole,
} from '../row.js'

export const EVENTS = messageEvents({ text: ANSWER })
const FRAMES = frames(EVENTS)
const first = (n: number) => Buffer.concat(FRAMES.slice(0, n))
const STREAM = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }

const BROKEN = failed(502, 'api_error', 'HOST broke the connection (ECONNRESET)')
const CLOSED = failed(502, 'api_error', 'HOST broke the connection (UND_ERR_SOCKET)')
const TRUNCATED = failed(502, 'api_error', 'the upstream ended its stream in the middle of the answer')
const SILENT = timedOut('HOST did not answer in time')
export const STALLED =
  '`event: error` `overloaded_error` “the upstream stalled: it sent nothing for longer than plugins.stream-guard.idleTimeout; the answer so far is incomplete”'

const INSIDE_CHARACTER = cutInsideCharacter(FRAMES)
const INSIDE_DATA = cutInsideData(FRAMES, 4)

/** An `event: error` as the first event of a stream. */
const errorFirst = (type: string, text: string) => always(sse([errorData(type, text)]))

export const cutRows: readonly Row[] = [
  {
    upstream: 'sends headers and resets',
    answers: always([head(200, STREAM), reset()]),
    stream: BROKEN,
    json: BROKEN,
    second: WHOLE,
  },
  {
    upstream: 'sends a `ping` and resets',
    answers: always(sse(EVENTS.slice(1, 2), { ending: reset() })),
    stream: BROKEN,
    folded: BROKEN,
    second: WHOLE,
  },
  {
    upstream: 'resets after the first event',
    answers: always(sse(EVENTS.slice(0, 1), { ending: reset() })),
    sent: first(1),
    stream: once('1 event, then a broken connection'),
    folded: BROKEN,
    second: SAME,
  },
  {
    upstream: 'resets in the middle of the text',
    answers: always(sse(EVENTS.slice(0, 5), { ending: reset() })),
    sent: first(5),
    stream: once('5 events, then a broken connection'),
    folded: BROKEN,
    second: SAME,
  },
  {
    upstream: 'closes the connection in the middle of the text, without an end of the body',
    answers: always(sse(EVENTS.slice(0, 5), { ending: hangUp() })),
    sent: first(5),
    stream: once('5 events, then a broken connection'),
    folded: CLOSED,
    second: SAME,
  },
  {
    upstream: 'resets inside a character of several bytes',
    answers: always(streamed([INSIDE_CHARACTER], { ending: reset() })),
    sent: INSIDE_CHARACTER,
    stream: once('3 events and part of the next, then a broken connection'),
    folded: BROKEN,
    second: SAME,
  },
  {
    upstream: 'resets inside a `data:` line',
    answers: always(streamed([INSIDE_DATA], { ending: reset() })),
    sent: INSIDE_DATA,
    stream: once('4 events and part of the next, then a broken connection'),
    folded: BROKEN,
    second: SAME,
  },
  {
    upstream: 'resets after `message_stop`',
    answers: always(sse(EVENTS, { ending: reset() })),
    stream: whole,
    folded: whole,
    second: SAME,
  },
  {
    upstream: 'ends its stream without `message_stop`',
    answers: always(sse(EVENTS.slice(0, 5))),
    sent: first(5),
    stream: once('5 events, then a clean end'),
    folded: TRUNCATED,
    second: SAME,
  },
  {
    upstream: 'ends its stream inside a `data:` line',
    answers: always(streamed([INSIDE_DATA])),
    sent: INSIDE_DATA,
    stream: once('4 events and part of the next, then a clean end'),
    folded: TRUNCATED,
    second: SAME,
  },
  {
    upstream: 'resets in the middle of a JSON answer',
    answers: always([head(200, JSON_TYPE), write('{"type":"message","content":['), reset()]),
    json: BROKEN,
    second: WHOLE,
  },
  {
    upstream: 'sends headers and nothing else (`firstEventTimeout`; `idleTimeout` for JSON)',
    answers: byKind([head(200, STREAM), stall()], [head(200, JSON_TYPE), stall()]),
    guard: { firstEventTimeout: 250, idleTimeout: 250 },
    stream: timedOut('the upstream sent no event for 0.25 s'),
    json: SILENT,
    folded: timedOut('the upstream sent no event for 0.25 s'),
    second: WHOLE,
  },
  {
    upstream: 'sends `ping`s and nothing else (`firstEventTimeout`)',
    answers: always([head(200, STREAM), pings(40)]),
    guard: { firstEventTimeout: 250 },
    stream: timedOut('the upstream sent no event for 0.25 s'),
    folded: timedOut('the upstream sent no event for 0.25 s'),
    second: WHOLE,
  },
  {
    upstream: 'stalls in the middle of the text (`idleTimeout`)',
    answers: always(sse(EVENTS.slice(0, 5), { ending: stall() })),
    guard: { idleTimeout: 250 },
    sent: first(5),
    stream: once(`5 events, then ${STALLED}`),
    folded: SILENT,
    second: SAME,
  },
  {
    upstream: 'stalls inside a `data:` line',
    answers: always(streamed([INSIDE_DATA], { ending: stall() })),
    guard: { idleTimeout: 250 },
    sent: INSIDE_DATA,
    stream: once('4 events and part of the next, then a broken connection'),
    second: SAME,
  },
  {
    upstream: 'never ends its stream after `message_stop`',
    answers: always(sse(EVENTS, { ending: stall() })),
    guard: { idleTimeout: 250 },
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'is busy: `event: error` with `overloaded_error` first',
    answers: errorFirst('overloaded_error', 'Overloaded'),
    stream: once(error(529, 'overloaded_error', 'Overloaded', 'retry-after: 8'), 'cooldown 8 s (overloaded)'),
    folded: once(error(529, 'overloaded_error', 'Overloaded', 'retry-after: 8'), 'cooldown 8 s (overloaded)'),
    second: WHOLE,
  },
  {
    upstream: 'fails: `event: error` with `api_error` first',
    answers: errorFirst('api_error', 'Internal server error'),
    stream: failed(500, 'api_error', 'Internal server error'),
    folded: failed(500, 'api_error', 'Internal server error'),
    second: WHOLE,
  },
  {
    upstream: 'refuses: `event: error` with `invalid_request_error` first',
    answers: errorFirst('invalid_request_error', 'max_tokens: too large'),
    stream: once(error(400, 'invalid_request_error', 'max_tokens: too large', 'x-should-retry: false')),
    folded: once(error(400, 'invalid_request_error', 'max_tokens: too large', 'x-should-retry: false')),
    second: SAME,
  },
  {
    upstream: 'is busy, and leaves out the blank line after its `event: error`',
    answers: always(streamed([frames([errorData('overloaded_error', 'Overloaded')])[0]!.subarray(0, -1)])),
    stream: once(error(529, 'overloaded_error', 'Overloaded', 'retry-after: 8'), 'cooldown 8 s (overloaded)'),
    folded: once(error(529, 'overloaded_error', 'Overloaded', 'retry-after: 8'), 'cooldown 8 s (overloaded)'),
    second: WHOLE,
  },
  {
    upstream: 'sends `event: error` after the first event',
    answers: always(sse([...EVENTS.slice(0, 1), errorData('overloaded_error', 'Overloaded')])),
    sent: Buffer.concat(frames([...EVENTS.slice(0, 1), errorData('overloaded_error', 'Overloaded')])),
    stream: once('1 event, then `event: error` `overloaded_error` “Overloaded”'),
    folded: once(error(529, 'overloaded_error', 'Overloaded', 'retry-after: 8'), 'cooldown 8 s (overloaded)'),
    second: SAME,
  },
  {
    upstream: 'sends `event: error` in the middle of the text',
    answers: always(sse([...EVENTS.slice(0, 5), errorData('api_error', 'Internal server error')])),
    sent: Buffer.concat(frames([...EVENTS.slice(0, 5), errorData('api_error', 'Internal server error')])),
    stream: once('5 events, then `event: error` `api_error` “Internal server error”'),
    folded: failed(500, 'api_error', 'Internal server error'),
    second: SAME,
  },
  {
    upstream: 'breaks off after a JSON answer’s headers promised more',
    answers: always(respond(200, '{"type":"message"', { length: 1000, headers: JSON_TYPE })),
    json: CLOSED,
    second: WHOLE,
  },
]

/** `n` pings, 20 ms apart. */
function pings(n: number): Script {
  const [ping] = frames([{ type: 'ping' }])
  return [write(Array(n).fill(ping), 20), delay(10_000), end()]
}
