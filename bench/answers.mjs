/** What the stub answers, rendered once. */

export const TEXT = Array.from({ length: 100 }, (_, i) => `word${i}`)
  .join(' ')
  .slice(0, 640)
const STAMP = '0'.repeat(19)

const usage = {
  input_tokens: 900,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 1,
}
const message = { id: 'msg_bench_01', type: 'message', role: 'assistant', model: 'glm-4.7' }

/** @param {string} type @param {object} data */
const event = (type, data) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
/** @param {string} text */
const delta = (text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
/** @param {string} text */
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

const START = [
  event('message_start', {
    message: { ...message, content: [], stop_reason: null, stop_sequence: null, usage },
  }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
]
const END = [
  event('content_block_stop', { index: 0 }),
  event('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 120 },
  }),
  event('message_stop', {}),
]
const SSE_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n' +
  'request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n'

/**
 * @typedef {object} Answer
 * @property {string} body what the client gets
 * @property {string} response what the stub sends, head included
 */

/** A message of about 1 kB. @returns {Answer} */
export function jsonAnswer() {
  const content = [{ type: 'text', text: TEXT }]
  const body = JSON.stringify({ ...message, content, stop_reason: 'end_turn', stop_sequence: null, usage })
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
  return { body, response: head + body }
}

/** A stream that comes at once, each event in a chunk of its own as upstreams send them. @param {string[]} texts @returns {Answer} */
export function streamAnswer(texts) {
  const events = [...START, ...texts.map(delta), ...END]
  return { body: events.join(''), response: `${SSE_HEAD}${events.map(chunk).join('')}0\r\n\r\n` }
}

/** The JSON answer's text as a short stream. */
export const shortStream = () => streamAnswer(TEXT.match(/.{1,160}/gs) ?? [])

/** @param {number} events */
export const burst = (events) =>
  streamAnswer(Array.from({ length: events }, (_, i) => `token ${String(i).padStart(4, '0')} `))

/** The three parts of a paced stream, and the size of the whole body. @param {number} events */
export function paced(events) {
  const stamped = delta(`T=${STAMP} `)
  return {
    head: SSE_HEAD + START.map(chunk).join(''),
    event: chunk(stamped),
    tail: `${END.map(chunk).join('')}0\r\n\r\n`,
    size: START.join('').length + stamped.length * events + END.join('').length,
  }
}
