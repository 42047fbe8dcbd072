import type { Call, Step } from '../../core/index.js'

/** A plugin's part in a request, in milliseconds since it arrived. */
export interface PluginSpan {
  readonly plugin: string
  readonly start: number
  /** Until it returned its reply, or handed the call on for good. */
  readonly end: number | undefined
  /** The attempt that it was part of, from 1. */
  readonly attempt: number | undefined
}

type Open = { -readonly [Key in keyof PluginSpan]: PluginSpan[Key] } & { passed?: number }

/** Of one request: more come only where something makes attempts without end. */
const MOST = 300

/** The times of a request in each plugin. */
export class Steps {
  readonly spans: Open[] = []
  /** By position: the last one that got the call. */
  readonly #inside: Open[] = []

  add({ plugin, way, position }: Step, call: Call): void {
    const at = call.record.elapsed()
    if (way === 'out') {
      const span = this.#inside[position]
      if (span) span.end = at
      return
    }
    const before = this.#inside[position - 1]
    if (before && before.passed === undefined) before.passed = at
    if (plugin === undefined || this.spans.length >= MOST) return
    const span: Open = { plugin, start: at, end: undefined, attempt: call.target?.attempt }
    this.#inside[position] = span
    this.spans.push(span)
  }

  get all(): readonly PluginSpan[] {
    return this.spans.map(({ passed, end, ...span }) => ({ ...span, end: end ?? passed }))
  }
}
