import type { Call } from '../contract/call.js'
import type { Change, ShownChanges } from '../contract/change.js'
import type { Step } from '../contract/plugin.js'
import { changesBetween, undeclared } from './changes.js'

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

interface Seen {
  readonly step: Step
  readonly at: number
  call: Call | undefined
  /** Notes of the record by then. */
  readonly notes: number
}

/** Of one request: more come only where something makes attempts without end. */
const MOST = 300

/** What is seen of a request while it runs: references and times, and nothing is compared. */
export class Sightings {
  readonly #seen: Seen[] = []

  add(step: Step, call: Call): void {
    const { record } = call
    if (this.#seen.length >= MOST) return
    this.#seen.push({ step, at: record.elapsed(), call, notes: record.notes.length })
  }

  /** The call as it came from the client. */
  get first(): Call | undefined {
    return this.#seen[0]?.call
  }

  /** The call as it left for an upstream, last. */
  get last(): Call | undefined {
    return this.#seen.findLast(({ step }) => step.plugin === undefined)?.call
  }

  /** Compares what went into each plugin with what came out. `warn` hears of changes that a plugin does not declare. */
  passages(shown: ShownChanges, warn: (plugin: string, paths: readonly string[]) => void): Passage[] {
    const passages: Passage[] = []
    /** By position: what went in last, and its passage. */
    const inside: { seen: Seen; passage: Passage }[] = []
    for (const seen of this.#seen) {
      const { step, at } = seen
      const { position, way } = step
      if (way === 'out') {
        const passage = inside[position]?.passage
        if (passage) passage.out = at
        continue
      }
      const before = inside[position - 1]
      if (before) passages.push(...handedOn(before, seen, shown, warn))
      if (step.plugin === undefined) continue
      const attempt = seen.call?.target?.attempt
      const passage = passageOf(step.plugin, at, attempt)
      inside[position] = { seen, passage }
      passages.push(passage)
    }
    return passages
  }
}

function passageOf(plugin: string, at: number, attempt: number | undefined): Passage {
  return { plugin, in: at, passed: undefined, out: undefined, attempt, changes: undefined, reason: undefined }
}

/** Notes what became of the call; the second time that a plugin hands one on is a passage of its own. */
function handedOn(
  { seen, passage }: { seen: Seen; passage: Passage },
  next: Seen,
  shown: ShownChanges,
  warn: (plugin: string, paths: readonly string[]) => void,
): Passage[] {
  const again = passage.passed !== undefined
  const target = again ? passageOf(passage.plugin, next.at, next.call?.target?.attempt) : passage
  target.passed = next.at
  const { plugin, touches } = seen.step
  const changes = changesBetween(seen.call!, next.call!, shown)
  if (changes.length > 0) {
    target.changes = changes
    const notes = next.call!.record.notes.slice(seen.notes, next.notes)
    const own = notes.filter((note) => note.plugin === plugin).map(({ text }) => text)
    if (own.length > 0) target.reason = own.join('; ')
    const paths = undeclared(changes, touches)
    if (paths.length > 0) warn(plugin!, paths)
  }
  return again ? [target] : []
}
