import { burst, jsonAnswer, paced, shortStream, TEXT } from '../answers.mjs'
import { claudeCodeBody, put, smallBody } from '../payloads.mjs'

/** @typedef {import('../checks.mjs').Exchange} Exchange */

/** 1 kB up, 1 kB of JSON down; a subject that asks for a stream instead gets one with the same text. @param {string} folder @returns {Exchange} */
export function smallJson(folder) {
  const json = jsonAnswer()
  const files = {
    json: put(folder, 'small.json', json.response),
    sse: put(folder, 'small.sse', shortStream().response),
  }
  return {
    name: 'small',
    body: smallBody(false),
    stub: files,
    answer: json.body,
    text: TEXT,
    json: true,
  }
}

/** A turn of Claude Code with a short streamed answer. @param {string} folder @param {number} size @returns {Exchange} */
export function claudeCodeTurn(folder, size) {
  const stream = shortStream()
  return {
    name: `turn-${size}`,
    body: claudeCodeBody(size),
    stub: { sse: put(folder, 'short.sse', stream.response) },
    answer: stream.body,
    text: TEXT.slice(-60),
  }
}

/** @param {string} folder @param {number} events @returns {Exchange} */
export function burstStream(folder, events) {
  const stream = burst(events)
  return {
    name: 'burst',
    body: smallBody(true),
    stub: { sse: put(folder, 'burst.sse', stream.response) },
    answer: stream.body,
    text: `token ${String(events - 1).padStart(4, '0')} `,
    deltas: events,
  }
}

/** @param {string} folder @param {number} events @param {number} interval ms @returns {Exchange} */
export function pacedStream(folder, events, interval) {
  const { head, event, tail, size } = paced(events)
  const file = (/** @type {string} */ part, /** @type {string} */ text) => put(folder, `paced.${part}`, text)
  return {
    name: `paced-${interval}`,
    body: smallBody(true),
    stub: {
      head: file('head', head),
      event: file('event', event),
      tail: file('tail', tail),
      interval: interval * 1_000,
      events,
    },
    size,
    text: 'T=',
    deltas: events,
  }
}

const TURN_EVENTS = 400
const TURN_INTERVAL = 5

/** A turn as people have it: Claude Code's body of 300 kB up, an answer that streams for two seconds down. @param {string} folder @returns {Exchange} */
export function streamedTurn(folder) {
  const stream = pacedStream(folder, TURN_EVENTS, TURN_INTERVAL)
  return { ...stream, name: 'streamed-turn', body: claudeCodeBody(300_000) }
}

/** A body of `size` bytes up, and an answer with an event a second that does not end. @param {string} folder @param {number} size @returns {Exchange} */
export function largeStream(folder, size) {
  const stream = pacedStream(folder, 1_000_000, 1_000)
  return { ...stream, name: `large-stream-${size}`, body: claudeCodeBody(size) }
}
