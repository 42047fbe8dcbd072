import type {
  AttemptRecord,
  CallHead,
  Ending,
  FinishedRecord,
  RecordFacts,
  RecordTimes,
} from '../../core/index.js'
import type { CassetteSecrets, Change, Passage } from '../../core/kit.js'
import type { CacheVerdict } from './cache-doctor.js'

/** With `bodies: true`: what the client sent, without its `metadata.user_id`, and what it got, as far as they are kept. */
export interface Bodies {
  readonly request: Buffer | undefined
  /** Those that say what is asked for. */
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly query: string
  readonly answer: Buffer | undefined
  /** The answer went on beyond what is kept. */
  readonly isCut: boolean
  /** When each piece of the answer came, by `performance.now()`, and how long the answer was by then. */
  readonly marks: readonly { readonly at: number; readonly bytes: number }[]
  /** Never shown: they are taken out of a cassette, wherever a body has them. */
  readonly secrets: CassetteSecrets
}

/** A record with its attempts takes about so much. */
const BASE = 4_000
/** And the time of a piece so much. */
const MARK = 40

/** What is kept of a finished request. */
export class Entry {
  readonly id: string
  readonly route: string
  readonly path: string
  /** Milliseconds since 1970, and by `performance.now()`. */
  readonly at: number
  readonly startedAt: number
  readonly status: number | undefined
  readonly ending: Ending
  readonly facts: RecordFacts
  readonly times: RecordTimes
  readonly notes: readonly { readonly plugin: string; readonly text: string }[]
  readonly attempts: readonly AttemptRecord[]

  constructor(
    record: FinishedRecord,
    { id, route, path }: CallHead,
    /** None of a request that was not watched. */
    readonly passages: readonly Passage[],
    private verdict: CacheVerdict | (() => CacheVerdict) | undefined,
    readonly bodies: Bodies | undefined,
    /** The first words of the prompt. */
    readonly text: string | undefined,
  ) {
    this.id = id
    this.route = route
    this.path = path
    this.startedAt = record.startedAt
    this.at = performance.timeOrigin + record.startedAt
    this.status = record.status
    this.ending = record.ending
    this.facts = record.facts
    this.times = record.times
    this.notes = record.notes
    this.attempts = record.attempts
  }

  get cache(): CacheVerdict | undefined {
    if (typeof this.verdict === 'function') this.verdict = this.verdict()
    return this.verdict
  }

  /** Lets go of the bodies that a verdict needs, and so of one that was not asked for yet. */
  forget(): void {
    if (typeof this.verdict === 'function') this.verdict = NOT_LOOKED_AT
  }

  /** About how much memory it takes now. */
  get bytes(): number {
    const { request, answer, marks } = this.bodies ?? {}
    const kept = (request?.length ?? 0) + (answer?.length ?? 0) + MARK * (marks?.length ?? 0)
    const compared = typeof this.verdict === 'function' ? 2 * (this.facts.requestBytes ?? 0) : 0
    return BASE + kept + changesSize(this.passages) + compared
  }
}

const NOT_LOOKED_AT: CacheVerdict = { verdict: 'unknown', detail: 'too many requests to look at each' }

function changesSize(passages: readonly Passage[]): number {
  return passages.reduce((sum, { changes }) => sum + sizeOf(changes), 0)
}

function sizeOf(changes: readonly Change[] | undefined): number {
  return (changes ?? []).reduce((sum, c) => sum + 100 + (c.before?.length ?? 0) + (c.after?.length ?? 0), 0)
}
