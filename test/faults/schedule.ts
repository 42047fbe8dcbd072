import { errorData, message, messageEvents } from '../support/messages.js'
import {
  compressed,
  delay,
  hangUp,
  head,
  json,
  raw,
  reset,
  respond,
  type Script,
  sse,
  stall,
  streamed,
  write,
} from '../support/script.js'
import { cutInsideCharacter, cutInsideData, frames } from '../support/sse-bytes.js'

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A number that is the same for the same text (FNV-1a). */
export function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** What the upstream says to a token; long and short ones, and never to be taken for another's. */
export function answerTo(token: string): string {
  const random = randomOf(hash(token))
  const size = Math.floor(random() ** 4 * 400)
  return `${token} žluťoučký kůň ${`${token} `.repeat(size)}${token}`
}

export interface Asked {
  readonly token: string
  readonly stream: boolean
  /** 1 for the first time that the token is asked for. */
  readonly attempt: number
}

type Fault = (asked: Asked, random: () => number) => Script

const STREAM = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }
const eventsOf = ({ token }: Asked) => messageEvents({ text: answerTo(token), deltaSize: 200 })
const plain = ({ token }: Asked) => json(message({ text: answerTo(token) }))
const error = (status: number, type: string, { token }: Asked, headers = {}) =>
  json(errorData(type, `sorry, ${token}`), status, { headers })
const some = (asked: Asked, random: () => number) => {
  const events = eventsOf(asked)
  return events.slice(0, 1 + Math.floor(random() * (events.length - 1)))
}
/** A pause before an answer or between its pieces, so that many run side by side. */
const pause = (random: () => number) => Math.floor(random() * 150)

const good: Fault = (asked, random) =>
  asked.stream
    ? [
        delay(pause(random)),
        sse(eventsOf(asked), { every: pause(random) / 4, pieces: random() < 0.5 ? 'event' : 500 }),
      ]
    : [delay(pause(random) * 2), plain(asked)]

/** The same for clients that get JSON: half of it. */
const broken =
  (ending: Script): Fault =>
  (asked, random) =>
    asked.stream
      ? sse(some(asked, random), { every: 1, ending })
      : [head(200, JSON_TYPE), write('{"type":"message","content":['), ending]

const FAULTS: Readonly<Record<string, Fault>> = {
  'reset before headers': () => reset(),
  'closed before headers': () => hangUp(),
  'reset after headers': ({ stream }) => [head(200, stream ? STREAM : JSON_TYPE), reset()],
  'reset between events': broken(reset()),
  'closed between events': broken(hangUp()),
  'reset inside a character': (asked) =>
    streamed([cutInsideCharacter(frames(eventsOf(asked)))], { ending: reset() }),
  'reset inside data': (asked) => streamed([cutInsideData(frames(eventsOf(asked)), 3)], { ending: reset() }),
  'ended too early': (asked, random) => sse(some(asked, random)),
  'stalled between events': broken(stall()),
  'no headers': () => stall(),
  'no first event': () => [head(200, STREAM), stall()],
  '429, a moment': (asked) => error(429, 'rate_limit_error', asked, { 'retry-after-ms': '50' }),
  '429, longer': (asked) => error(429, 'rate_limit_error', asked, { 'retry-after': '3' }),
  '500': (asked) => error(500, 'api_error', asked),
  '503 without a body': () => respond(503, ''),
  '502 with a page': ({ token }) => respond(502, `<html><title>${token}</title></html>`),
  '529': (asked) => error(529, 'overloaded_error', asked),
  '400': (asked) => error(400, 'invalid_request_error', asked),
  '404': (asked) => error(404, 'not_found_error', asked),
  'a redirect': () => respond(302, '', { headers: { location: 'https://elsewhere.example/' } }),
  '200 with a page': ({ token }) =>
    respond(200, `<html>${token}</html>`, { headers: { 'content-type': 'text/html' } }),
  '200 with nothing': () => respond(200, ''),
  'error first': (asked) => sse([errorData('overloaded_error', `sorry, ${asked.token}`)]),
  'error later': (asked, random) =>
    sse([...some(asked, random), errorData('api_error', `sorry, ${asked.token}`)]),
  'a wrong encoding': (asked) => compressed(answerTo(asked.token), 'gzip', { claim: 'br', headers: STREAM }),
  'half of what was promised': (asked) =>
    respond(200, '{"type":"message",', { length: answerTo(asked.token).length + 100 }),
  'no HTTP': ({ token }) => [raw(`${token}\r\n\r\n`), hangUp()],
  'an error body that never comes': () => [head(500, JSON_TYPE), stall()],
}

const VARIANTS: Readonly<Record<string, Fault>> = {
  good,
  CRLF: (asked) => (asked.stream ? sse(eventsOf(asked), { eol: '\r\n' }) : plain(asked)),
  gzip: (asked) =>
    asked.stream
      ? compressed(Buffer.concat(frames(eventsOf(asked))), 'gzip', { headers: STREAM })
      : compressed(JSON.stringify(message({ text: answerTo(asked.token) })), 'gzip', { headers: JSON_TYPE }),
  slow: (asked, random) => [delay(300 + pause(random)), good(asked, random)],
  'forgets the end': (asked) => (asked.stream ? sse(eventsOf(asked), { ending: stall() }) : plain(asked)),
  'in one piece': (asked) => (asked.stream ? sse(eventsOf(asked), { pieces: 'whole' }) : plain(asked)),
}

const names = Object.keys(FAULTS)
const variants = Object.keys(VARIANTS)

/** What the upstream does to a request: more than half of them are served. The same for the same seed, token and attempt. */
export function scheduled(seed: number, asked: Asked): { readonly name: string; readonly script: Script } {
  const random = randomOf(hash(`${seed} ${asked.token} ${asked.attempt} ${asked.stream}`))
  const [table, from] = random() < 0.55 ? [VARIANTS, variants] : [FAULTS, names]
  const name = from[Math.floor(random() * from.length)]!
  return { name, script: table[name]!(asked, random) }
}
