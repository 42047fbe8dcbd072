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

/**
 * What is kept of a finished request. Its calls are compared when somebody asks for that, or when their memory is wanted: to
 * compare them at once cost a small request a third of its CPU time.
 */
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
  #compare: (() => readonly Passage[]) | undefined
  #passages: readonly Passage[] = []

  constructor(
    record: FinishedRecord,
    { id, route, path }: CallHead,
    compare: () => readonly Passage[],
    readonly cache: CacheVerdict | undefined,
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
    this.#compare = compare
  }

  get isSettled(): boolean {
    return this.#compare === undefined
  }

  /** Compares its calls, and lets go of them. */
  get passages(): readonly Passage[] {
    if (this.#compare) {
      this.#passages = this.#compare()
      this.#compare = undefined
    }
    return this.#passages
  }

  /** About how much memory it takes now. */
  get bytes(): number {
    const { request, answer } = this.bodies ?? {}
    const kept = (request?.length ?? 0) + (answer?.length ?? 0)
    const calls = this.isSettled ? changesSize(this.#passages) : CALLS * (this.facts.requestBytes ?? 0)
    return BASE + kept + calls
  }
}

function changesSize(passages: readonly Passage[]): number {
  return passages.reduce((sum, { changes }) => sum + sizeOf(changes), 0)
}

function sizeOf(changes: readonly Change[] | undefined): number {
  return (changes ?? []).reduce((sum, c) => sum + 100 + (c.before?.length ?? 0) + (c.after?.length ?? 0), 0)
}
