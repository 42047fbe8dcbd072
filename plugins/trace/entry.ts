import type { AttemptRecord, CallHead, FinishedRecord, RecordFacts, RecordTimes } from '../../core/index.js'
import type { Change, Passage } from '../../core/kit.js'
import type { CacheVerdict } from './cache-doctor.js'

/** What is kept of a finished request. */
export interface Entry {
  readonly id: string
  readonly route: string
  readonly path: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly status: number | undefined
  readonly ending: string
  readonly facts: RecordFacts
  readonly times: RecordTimes
  readonly notes: readonly { readonly plugin: string; readonly text: string }[]
  readonly attempts: readonly AttemptRecord[]
  readonly passages: readonly Passage[]
  readonly cache: CacheVerdict | undefined
  readonly bodies: Bodies | undefined
  /** About how much memory it takes. */
  readonly bytes: number
}

/** With `bodies: true`: what the client sent, without its `metadata.user_id`, and what it got, as far as they are kept. */
export interface Bodies {
  readonly request: Buffer | undefined
  readonly answer: Buffer | undefined
}

/** A record with its passages and attempts takes about so much. */
const BASE = 4_000

export function entryOf(
  record: FinishedRecord,
  { id, route, path }: CallHead,
  found: Pick<Entry, 'passages' | 'cache' | 'bodies'>,
): Entry {
  const { status, ending, facts, times, notes, attempts } = record
  const { request, answer } = found.bodies ?? {}
  const bytes =
    BASE +
    notes.reduce((sum, { text }) => sum + text.length, 0) +
    found.passages.reduce((sum, { changes }) => sum + sizeOf(changes), 0) +
    (request?.length ?? 0) +
    (answer?.length ?? 0)
  const at = performance.timeOrigin + record.startedAt
  return { id, route, path, at, status, ending, facts, times, notes, attempts, ...found, bytes }
}

function sizeOf(changes: readonly Change[] | undefined): number {
  return (changes ?? []).reduce((sum, c) => sum + 100 + (c.before?.length ?? 0) + (c.after?.length ?? 0), 0)
}
