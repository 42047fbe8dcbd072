import type { Details } from '../api/types.js'

/** A stretch of a request's time, in milliseconds since it arrived. */
export interface Piece {
  readonly kind: 'wait' | 'own' | 'connect' | 'upstream' | 'content' | 'failed'
  readonly words: string
  readonly from: number
  readonly to: number
}

export interface Lane {
  readonly name: string
  readonly note: string
  readonly pieces: readonly Piece[]
}

type Attempt = Details['attempts'][number]

/** Where the time of a request went: before its first attempt, and each attempt by itself. */
export function lanesOf({ times, attempts, accountWaitMs, ending }: Details): {
  lanes: readonly Lane[]
  total: number
} {
  const ends = attempts.flatMap((attempt) => Object.values(attempt.times).filter((at) => at !== undefined))
  const total = Math.max(1, times.finished ?? 0, ...ends)
  const admitted = times.admitted ?? 0
  const read = times.bodyRead ?? admitted
  const first = attempts[0]?.times.started ?? times.headersSent ?? total
  const own = pieces([
    ['wait', 'in the gateway’s queue', 0, admitted],
    ['wait', 'reading the body', admitted, read],
    [
      'own',
      accountWaitMs ? `plugins, and ${Math.round(accountWaitMs)} ms for an account` : 'plugins',
      read,
      first,
    ],
  ])
  const broken = ending === 'broken' ? attempts.length - 1 : undefined
  const lanes = attempts.map((attempt, i) => laneOf(attempt, i, total, i === broken))
  return { lanes: [{ name: 'gateway', note: '', pieces: own }, ...lanes], total }
}

function laneOf(attempt: Attempt, i: number, total: number, broken: boolean): Lane {
  const {
    started = 0,
    connected,
    headers,
    firstEvent,
    firstContent,
    lastByte,
  } = attempt.times as Record<string, number | undefined>
  const failed = attempt.error !== undefined || attempt.failure !== undefined || (attempt.status ?? 0) >= 400
  const end = lastByte ?? firstContent ?? firstEvent ?? headers ?? started + (attempt.ms ?? total - started)
  const open = connected ?? started
  const head = headers ?? (failed ? end : open)
  const content = firstContent ?? firstEvent ?? head
  return {
    name: `attempt ${i + 1}`,
    note: `${attempt.account}${attempt.status === undefined ? '' : ` ${attempt.status}`}`,
    pieces: pieces([
      ['connect', 'connecting', started, open],
      [
        failed ? 'failed' : 'upstream',
        failed ? 'until it failed' : 'until the upstream’s headers',
        open,
        head,
      ],
      ['upstream', 'until the first content', head, content],
      [
        failed || broken ? 'failed' : 'content',
        broken ? 'the answer, until it broke' : 'the answer',
        content,
        end,
      ],
    ]),
  }
}

function pieces(of: readonly (readonly [Piece['kind'], string, number, number])[]): Piece[] {
  return of
    .filter(([, , from, to]) => to > from)
    .map(([kind, words, from, to]) => ({ kind, words, from, to }))
}
