import { type Accounts, type AttemptRecord, Reply } from '../../core/index.js'
import {
  type Cassette,
  type CassetteAnswer,
  type CassetteAttempt,
  type CassetteEvent,
  cassetteBody,
  cassetteEvent,
  cassetteName,
  cassetteText,
  errorBody,
  FrameDecoder,
  keyOf,
  parseJson,
  typeOfStatus,
} from '../../core/kit.js'
import type { Bodies, Entry } from './entry.js'
import { notKept } from './parts.js'

/** A kept request as the file that the plugin `record` writes, without keys. Throws a 404 where its body is not kept. */
export async function cassetteReply(entry: Entry, accounts: Accounts): Promise<Reply> {
  const cassette = cassetteOf(entry)
  const { keys, names } = entry.bodies!.secrets
  const secrets = { keys: [...keys, ...(await keysOf(accounts))], names }
  return Reply.bytes(Buffer.from(cassetteText(cassette, secrets)), {
    headers: {
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="${cassetteName(cassette)}"`,
    },
  })
}

/** A key that can't be had now is in no kept answer either. */
async function keysOf(accounts: Accounts): Promise<string[]> {
  const keys = await Promise.allSettled(accounts.all().map(async (account) => keyOf(account)))
  return keys.flatMap((key) => (key.status === 'fulfilled' && key.value ? [key.value] : []))
}

/** What left for the upstreams is not kept, so no attempt has a `body`; of failed ones the error's type is. */
function cassetteOf({ id, at, status, ending, path, bodies, attempts, ...entry }: Entry): Cassette {
  if (!bodies?.request) throw notKept(id, 'request')
  const answered = attempts.at(-1)
  return {
    agproxy: 'cassette',
    version: 1,
    id,
    at: new Date(at).toISOString(),
    status: status ?? null,
    ending,
    request: {
      method: 'POST',
      path,
      query: bodies.query,
      headers: bodies.headers ?? {},
      body: parseJson(bodies.request.toString('utf8')),
    },
    attempts: attempts.map((attempt): CassetteAttempt => {
      const { upstream, account, model, failure } = attempt
      const base = { upstream, account, model }
      if (attempt.status === undefined) return { ...base, failure: failure ?? 'error' }
      if (attempt.status >= 400) return { ...base, answer: refusal(attempt, attempt.status) }
      if (attempt !== answered) return { ...base, failure: failure ?? 'error' }
      const isBroken = failure !== undefined || ending === 'broken'
      const how = bodies.isCut || ending === 'gone' ? 'cut' : isBroken ? 'broken' : 'complete'
      const began = entry.startedAt + attempt.times.started
      return { ...base, answer: answer(attempt, attempt.status, how, bodies, began) }
    }),
  }
}

function timesOf({ times: { started, headers = started, lastByte = headers } }: AttemptRecord) {
  return { ms: tenths(headers - started), endMs: tenths(lastByte - started) }
}

function refusal(attempt: AttemptRecord, status: number): CassetteAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    ...timesOf(attempt),
    ending: 'complete',
    body: errorBody(typeOfStatus(status), attempt.error ?? String(status)),
  }
}

function answer(
  attempt: AttemptRecord,
  status: number,
  ending: CassetteAnswer['ending'],
  { answer: bytes = Buffer.alloc(0), marks }: Bodies,
  began: number,
): CassetteAnswer {
  const base = { status, ...timesOf(attempt), ending }
  const isStream = /^(:|event:|data:)/.test(bytes.subarray(0, 8).toString('latin1'))
  if (isStream)
    return {
      ...base,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
      events: eventsOf(bytes, marks, began),
    }
  return {
    ...base,
    headers: { 'content-type': 'application/json' },
    ...cassetteBody(bytes.toString('utf8')),
  }
}

/** Without comments, which are the gateway's own. */
function eventsOf(bytes: Buffer, marks: Bodies['marks'], began: number): CassetteEvent[] {
  const events: CassetteEvent[] = []
  const decoder = new FrameDecoder()
  let from = 0
  let ms = 0
  for (const mark of marks) {
    ms = tenths(mark.at - began)
    decoder.push(bytes.subarray(from, mark.bytes), (frame) => {
      if (!/^:.*\s*$/.test(frame.toString('utf8'))) events.push(cassetteEvent(frame.toString('utf8'), ms))
    })
    from = mark.bytes
  }
  const rest = decoder.rest().toString('utf8')
  return rest === '' ? events : [...events, { ms, raw: rest }]
}

const tenths = (ms: number) => Math.round(ms * 10) / 10
