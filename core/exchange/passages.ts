import type { Call } from '../contract/call.js'
import type { Change, ShownChanges } from '../contract/change.js'
import type { Headers } from '../contract/http.js'
import type { Edit, JsonNode } from '../contract/json.js'
import type { Step } from '../contract/plugin.js'
import { type CallView, changesOfViews, undeclared, viewOf } from './changes.js'

/** A call on its way through one plugin; a plugin that makes several attempts has one for each. */
export interface Passage {
  readonly plugin: string
  /** Milliseconds since the request arrived: it got the call, it handed it on, it returned the reply. */
  readonly in: number
  passed: number | undefined
  out: number | undefined
  /** The attempt that it was part of, from 1. */
  readonly attempt: number | undefined
  changes: readonly Change[] | undefined
  /** What the plugin said meanwhile. */
  reason: string | undefined
}

/** A body as it was at some place of the chain. */
export interface SeenBody {
  readonly bytes: Buffer
  readonly tree: JsonNode
  /** The body with splices, by positions in `tree`. */
  edit(edits: readonly Edit[]): SeenBody
}

/** A call as it was at some place of the chain. */
export interface SeenCall {
  readonly headers: Headers
  readonly query: string
  /** Undefined for a call of another copy of the package. */
  readonly body: SeenBody | undefined
}

/** Of one request: more come only where something makes attempts without end. */
const MOST = 300
/** Places in the list for each sighting: its step, its time in microseconds, the notes of the record by then, the call. */
const WIDTH = 4
const MICRO = 1000

/**
 * What is seen of a request while it runs: references and times, and nothing is compared. One flat list of what is there anyway, since
 * a look at each of thirty places must cost less than the place.
 */
export class Sightings {
  /** Those that are not compared yet. */
  #seen: (Step | number | Call | CallView | undefined)[] = []
  #added = 0
  #notes: readonly { readonly plugin: string; readonly text: string }[] = []
  #first: CallView | undefined
  #last: CallView | undefined
  readonly #passages: Passage[] = []
  /** By position: what went in last, and its passage. */
  readonly #inside: Inside[] = []

  add(step: Step, call: Call): void {
    const { record } = call
    if (this.#added >= MOST) return
    this.#added++
    // Whole numbers: others would be an object each.
    this.#seen.push(step, Math.round(record.elapsed() * MICRO), record.notes.length, call)
  }

  /** Releases the request, or what was seen of it so far: what is kept of its calls is what a comparison needs. */
  end(): void {
    const seen = this.#seen
    let before: unknown
    let view: CallView | undefined
    for (let i = 0; i < seen.length; i += WIDTH) {
      const call = seen[i + 3] as Call
      this.#notes = call.record.notes
      if (call !== before) view = viewOf(call)
      before = call
      seen[i + 3] = view
      if (this.#passages.length === 0) this.#first ??= view
      if ((seen[i] as Step).plugin === undefined) this.#last = view
    }
  }

  /** The call as it came from the client; after `end`. */
  get first(): SeenCall | undefined {
    return this.#first
  }

  /** The body as it left for an upstream, last; after `end`. */
  get last(): SeenBody | undefined {
    return this.#last?.body
  }

  /** Compares what went into each plugin with what came out; after `end`. `warn` gets the changes that a plugin does not declare. */
  passages(
    shown: ShownChanges,
    warn: (plugin: string, paths: readonly string[]) => void,
  ): readonly Passage[] {
    const all = this.#seen
    this.#seen = []
    for (let i = 0; i < all.length; i += WIDTH) {
      const [step, micros, notes, view] = all.slice(i, i + WIDTH) as [Step, number, number, CallView?]
      const seen: Seen = { step, at: micros / MICRO, notes, view }
      const { position, way } = step
      if (way === 'out') {
        const passage = this.#inside[position]?.passage
        if (passage) passage.out = seen.at
        continue
      }
      const before = this.#inside[position - 1]
      if (before) this.#passages.push(...this.#handedOn(before, seen, shown, warn))
      if (step.plugin === undefined) continue
      const passage = passageOf(step.plugin, seen)
      this.#inside[position] = { seen, passage }
      this.#passages.push(passage)
    }
    return this.#passages
  }

  /** Lets go of every body that was compared, or of those of the attempt alone. */
  letGo(ofAttempt = false): void {
    if (!ofAttempt) this.#first = undefined
    this.#last = undefined
    this.#inside.forEach(({ seen }) => {
      if (!ofAttempt || seen.view?.attempt !== undefined) seen.view = undefined
    })
  }

  /** Notes what became of the call; the second time that a plugin hands one on is a passage of its own. */
  #handedOn(
    { seen, passage }: Inside,
    next: Seen,
    shown: ShownChanges,
    warn: (plugin: string, paths: readonly string[]) => void,
  ): Passage[] {
    const again = passage.passed !== undefined
    const target = again ? passageOf(passage.plugin, next) : passage
    target.passed = next.at
    const { plugin, touches } = seen.step
    const changes =
      seen.view && next.view && seen.view !== next.view ? changesOfViews(seen.view, next.view, shown) : []
    if (changes.length > 0) {
      target.changes = changes
      const own = this.#notes.slice(seen.notes, next.notes).filter((note) => note.plugin === plugin)
      if (own.length > 0) target.reason = own.map(({ text }) => text).join('; ')
      const paths = undeclared(changes, touches)
      if (paths.length > 0) warn(plugin!, paths)
    }
    return again ? [target] : []
  }
}

interface Seen {
  readonly step: Step
  /** Milliseconds since the request arrived. */
  readonly at: number
  readonly notes: number
  view: CallView | undefined
}

interface Inside {
  readonly seen: Seen
  readonly passage: Passage
}

function passageOf(plugin: string, { at, view }: Seen): Passage {
  const attempt = view?.attempt
  return { plugin, in: at, passed: undefined, out: undefined, attempt, changes: undefined, reason: undefined }
}
