import { messageEvents } from '../../support/messages.js'
import { respond, sse, streamed } from '../../support/script.js'
import { type FrameInit, type FrameOptions, frames } from '../../support/sse-bytes.js'
import { ANSWER, always, type Outcome, type Row, WHOLE, whole } from '../row.js'

const EVENTS = messageEvents({ text: ANSWER })
const BIG = 'ž'.repeat(10 * 1024 * 1024)

/** Unusual bytes that tell the same answer: they pass as they are, and fold into the same message. */
function spelt(
  upstream: string,
  options: FrameOptions,
  events: readonly FrameInit[] = EVENTS,
  stream: Outcome = whole,
): Row {
  const sent = Buffer.concat(frames(events, options))
  return {
    upstream,
    answers: always(sse(events, options)),
    sent,
    stream,
    folded: whole,
    second: WHOLE,
  }
}

const [start, ping, ...rest] = EVENTS
/** Not in `message_delta`, whose fields become the message's own. */
const unknownFields = EVENTS.map((event) =>
  event.type === 'message_delta' ? event : { ...event, surprise: { deep: [1, 2] } },
)

const countedFromOne = EVENTS.map((event) =>
  'index' in event ? { ...event, index: Number(event.index) + 1 } : event,
)

export const framingRows: readonly Row[] = [
  {
    upstream: 'drips one byte at a time',
    answers: always(sse(EVENTS, { pieces: 'byte', every: 0 })),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'sends everything in one piece',
    answers: always(sse(EVENTS, { pieces: 'whole' })),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  spelt('ends its lines with CRLF', { eol: '\r\n' }),
  spelt('ends its lines with a bare CR', { eol: '\r' }),
  spelt('writes `data:` without a space', { space: false }),
  spelt('writes the data over several `data:` lines', { multiLine: true }),
  // Clients see no event without its `event:` line, so that they get them.
  { ...spelt('leaves out the `event:` lines', { eventLines: false }), sent: Buffer.concat(frames(EVENTS)) },
  // The official SDK loses what it finds under another number than the block's own.
  { ...spelt('counts its content blocks from 1', {}, countedFromOne), sent: Buffer.concat(frames(EVENTS)) },
  spelt('sends events that nobody knows', {}, [
    start!,
    ping!,
    { type: 'surprise', of: 'the day' },
    ...rest.slice(0, 2),
    { type: 'vendor.metrics', tokens: 5 },
    ...rest.slice(2),
  ]),
  spelt('sends fields that nobody knows', {}, unknownFields),
  spelt('sends comments, ids, `retry:` lines and blank lines', {}, [
    ': welcome\n\n',
    'id: 1\nretry: 100\n',
    ...EVENTS.slice(0, 4),
    '\n\n: still there\n',
    'id: 2\n',
    ...EVENTS.slice(4),
  ]),
  spelt('begins with a byte order mark', {}, ['\ufeff', ...EVENTS]),
  spelt('ends with OpenAI’s `data: [DONE]`', {}, [...EVENTS, 'data: [DONE]\n\n']),
  {
    ...spelt('sends one event of 20 MB', {}, messageEvents({ text: BIG, deltaSize: BIG.length })),
    text: BIG,
  },
  {
    upstream: 'leaves out the blank lines',
    answers: always(
      respond(200, Buffer.concat(frames(EVENTS)).toString().replaceAll('\n\n', '\n'), {
        headers: { 'content-type': 'text/event-stream' },
      }),
    ),
    sent: Buffer.concat(frames(EVENTS)),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'leaves out the blank lines from its fifth event on',
    answers: always(
      streamed([
        ...frames(EVENTS.slice(0, 4)),
        ...frames(EVENTS.slice(4)).map((frame) => frame.subarray(0, -1)),
      ]),
    ),
    sent: Buffer.concat(frames(EVENTS)),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'leaves out the last blank line',
    answers: always(streamed([Buffer.concat(frames(EVENTS)).subarray(0, -1)])),
    sent: Buffer.concat([...frames(EVENTS), Buffer.from('\n')]),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'states the content-length of its stream',
    answers: always(
      respond(200, Buffer.concat(frames(EVENTS)), { headers: { 'content-type': 'text/event-stream' } }),
    ),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
]
