import { TapeNode } from '../../../core/json/node.js'
import { unfold } from '../../../core/message/unfold.js'
import { errorData, message, messageEvents } from '../../support/messages.js'
import { respond, sse } from '../../support/script.js'
import { frames } from '../../support/sse-bytes.js'
import { ANSWER, always, error, failed, once, type Row, refused, SHAKY, WHOLE, whole } from '../row.js'

const HTML = '<!doctype html><html><head><title>Welcome to nginx!</title></head><body>hi</body></html>'
const SSE = Buffer.concat(frames(messageEvents({ text: ANSWER })))
const BODY = JSON.stringify(message({ text: ANSWER }))

const typed = (type: string | undefined, body: string | Buffer) =>
  always(respond(200, body, type === undefined ? {} : { headers: { 'content-type': type } }))

const bad = (message: string) => failed(502, 'api_error', message)

export const bodyRows: readonly Row[] = [
  {
    upstream: 'answers 200 with HTML',
    answers: typed('text/html', HTML),
    stream: refused('the upstream answered with a web page instead of an event stream'),
    json: refused('the upstream answered with a web page instead of a message'),
    second: WHOLE,
  },
  {
    upstream: 'answers 200 with nothing',
    answers: typed('application/json', ''),
    stream: bad('the upstream answered with nothing instead of an event stream'),
    json: bad('the upstream answered with nothing instead of a message'),
    second: WHOLE,
  },
  {
    upstream: 'answers 200 with an event stream in which nothing is',
    answers: typed('text/event-stream', ''),
    stream: bad('the upstream answered with nothing instead of an event stream'),
    json: bad('the upstream answered with nothing instead of a message'),
    second: WHOLE,
  },
  {
    upstream: 'answers 200 with a message in JSON, whatever was asked for',
    answers: typed('application/json', BODY),
    sent: unfold(TapeNode.parse(Buffer.from(BODY), 100)),
    stream: whole,
    json: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'answers 200 with an error in JSON',
    answers: typed('application/json', JSON.stringify(errorData('overloaded_error', 'Overloaded'))),
    stream: once(error(529, 'overloaded_error', 'Overloaded', 'retry-after: 8'), 'cooldown 8 s (overloaded)'),
    json: once(error(529, 'overloaded_error', 'Overloaded', 'retry-after: 8'), 'cooldown 8 s (overloaded)'),
    folded: once(error(529, 'overloaded_error', 'Overloaded', 'retry-after: 8'), 'cooldown 8 s (overloaded)'),
    second: WHOLE,
  },
  {
    upstream: 'answers 200 with half of a JSON body and a clean end',
    answers: typed('application/json', BODY.slice(0, 60)),
    stream: bad('the upstream answered with JSON that breaks off instead of an event stream'),
    json: bad('the upstream answered with JSON that breaks off instead of a message'),
    second: WHOLE,
  },
  {
    upstream: 'answers 200 with an error that names its status as a number',
    answers: typed('application/json', '{"error":{"message":"slow down","type":"rate_limit","code":429}}'),
    stream: once(
      error(429, 'rate_limit_error', 'slow down', 'retry-after: 30'),
      'cooldown 30 s (rate-limit)',
    ),
    json: once(error(429, 'rate_limit_error', 'slow down', 'retry-after: 30'), 'cooldown 30 s (rate-limit)'),
    second: WHOLE,
  },
  {
    upstream: 'answers 200 with an error of a kind that it does not name',
    answers: typed('application/json', '{"error":"Unexpected endpoint or method"}'),
    stream: once(error(502, 'api_error', 'Unexpected endpoint or method', 'retry-after: 1…3'), SHAKY),
    json: once(error(502, 'api_error', 'Unexpected endpoint or method', 'retry-after: 1…3'), SHAKY),
    second: WHOLE,
  },
  {
    upstream: 'streams in OpenAI’s form',
    answers: typed(
      'text/event-stream',
      'data: {"object":"chat.completion.chunk","choices":[]}\n\ndata: [DONE]\n\n',
    ),
    stream: refused('the upstream answered with a stream of the OpenAI API instead of a Messages stream'),
    json: refused('the upstream answered with a stream of the OpenAI API instead of a Messages stream'),
    second: WHOLE,
  },
  {
    upstream: 'sends a stream without its `message_start`',
    answers: always(sse(messageEvents({ text: ANSWER }).slice(2))),
    stream: bad('the upstream sent a content_block_start before message_start'),
    json: bad('the upstream sent a content_block_start before message_start'),
    second: WHOLE,
  },
  {
    upstream: 'sends its events as `text/plain`',
    answers: typed('text/plain', SSE),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'sends its events as `application/json`',
    answers: typed('application/json', SSE),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'sends its events without a content-type',
    answers: typed(undefined, SSE),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'sends events although none were asked for',
    answers: typed('text/event-stream', SSE),
    json: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'drips its events as `text/plain`, one byte at a time',
    answers: always(
      sse(messageEvents({ text: ANSWER }), {
        pieces: 'byte',
        every: 0,
        headers: { 'content-type': 'text/plain' },
      }),
    ),
    stream: whole,
    folded: whole,
    second: WHOLE,
  },
  {
    upstream: 'says `text/event-stream` and sends HTML',
    answers: typed('text/event-stream', HTML),
    stream: refused('the upstream answered with a web page instead of an event stream'),
    json: refused('the upstream answered with a web page instead of a message'),
    second: WHOLE,
  },
  {
    upstream: 'sends a first event that is no JSON',
    answers: always(sse(['event: message_start\ndata: oops\n\n'])),
    stream: bad('the upstream sent an event that is not JSON'),
    json: bad('the upstream sent an event that is not JSON'),
    second: WHOLE,
  },
  {
    upstream: 'answers 204 without a body',
    answers: always(respond(204, '', { headers: {} })),
    stream: bad('the upstream answered with nothing instead of an event stream'),
    json: bad('the upstream answered with nothing instead of a message'),
    second: WHOLE,
  },
]
