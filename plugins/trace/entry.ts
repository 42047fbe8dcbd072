import type { AttemptRecord, CallHead, FinishedRecord, RecordFacts, RecordTimes } from '../../core/index.js'
import type { Change, Passage } from '../../core/kit.js'
import type { CacheVerdict } from './cache-doctor.js'

/** With `bodies: true`: what the client sent, without its `metadata.user_id`, and what it got, as far as they are kept. */
export interface Bodies {
  readonly request: Buffer | undefined
  /** Those that say what is asked for. */
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly query: string
  readonly answer: Buffer | undefined
}

/** A record with its attempts takes about so much, and its calls about so many times the body. */
const BASE = 4_000
const CALLS = 2

/** What is kept of a finished request. Its calls are compared when that is asked for. */
export class Entry {
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
  #passages: readonly Passage[] | undefined

  constructor(
    record: FinishedRecord,
    { id, route, path }: CallHead,
    private seen: (() => readonly Passage[]) | undefined,
    private verdict: CacheVerdict | (() => CacheVerdict) | undefined,
    readonly bodies: Bodies | undefined,
    /** The first words of the prompt. */
    readonly text: string | undefined,
  ) {
    this.id = id
    this.route = route
    this.path = path
    this.at = performance.timeOrigin + record.startedAt
    this.status = record.status
    this.ending = record.ending
    this.facts = record.facts
    this.times = record.times
    this.notes = record.notes
    this.attempts = record.attempts
  }

  /** Compares its calls, and lets go of them. None of a request that was not watched. */
  get passages(): readonly Passage[] {
    this.#passages ??= this.seen?.() ?? []
    this.seen = undefined
    return this.#passages
  }

  get cache(): CacheVerdict | undefined {
    if (typeof this.verdict === 'function') this.verdict = this.verdict()
    return this.verdict
  }

  /** Lets go of its bodies, and with them of the changes and the verdict that were not asked for. */
  forget(): void {
    this.seen = undefined
    if (typeof this.verdict === 'function') this.verdict = NOT_LOOKED_AT
  }

  /** About how much memory it takes now. */
  get bytes(): number {
    const { request, answer } = this.bodies ?? {}
    const kept = (request?.length ?? 0) + (answer?.length ?? 0)
    const body = this.facts.requestBytes ?? 0
    const calls = this.seen ? CALLS * body : changesSize(this.#passages ?? [])
    return BASE + kept + calls + (typeof this.verdict === 'function' ? CALLS * body : 0)
  }
}

const NOT_LOOKED_AT: CacheVerdict = { verdict: 'unknown', detail: 'too many requests to look at each' }

function changesSize(passages: readonly Passage[]): number {
  return passages.reduce((sum, { changes }) => sum + sizeOf(changes), 0)
}

function sizeOf(changes: readonly Change[] | undefined): number {
  return (changes ?? []).reduce((sum, c) => sum + 100 + (c.before?.length ?? 0) + (c.after?.length ?? 0), 0)
}
