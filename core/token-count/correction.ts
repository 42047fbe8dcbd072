import { KINDS, type KindCounts } from './kinds.js'

/**
 * Factors by kind of text, as good as the answers so far can tell: a Kalman filter, whose uncertainty says how much each new answer
 * moves which factor. A model's factors are alike, so at first one answer moves all.
 */
export interface Correction {
  readonly factors: readonly number[]
  /** Their covariance, row by row. */
  readonly spread: readonly number[]
  /** Answers that it has learned from. */
  readonly answers: number
  /** Answers in a row that were far from what was expected. */
  readonly odd: number
}

const N = KINDS.length
/** How far a model's factors are from those of its family, and from each other. */
const FAMILY_SPREAD = 0.3
const KIND_SPREAD = 0.4
/** What an answer's own count is off from any factors: 1 %, and a hundred tokens of a hidden prompt. */
const NOISE = 0.01
const HIDDEN = 100
/** How much factors wander from answer to answer. */
const DRIFT = 0.002
/** Deviations beyond which an answer counts no more than that; after so many in a row the model is another one. */
const ROBUST = 3
const MOST_ODD = 4
/** Shorter prompts say nothing. */
const SHORTEST = 200
/** Answers beyond are an upstream's mistake: one that leaves cached tokens out, or counts them twice. */
const BOUNDS = { least: 0.4, most: 2.5 }

export function startingAt(factor: number): Correction {
  return { factors: KINDS.map(() => factor), spread: startSpread(), answers: 0, odd: 0 }
}

function startSpread(): number[] {
  return Array.from(
    { length: N * N },
    (_, i) => FAMILY_SPREAD ** 2 + (i % (N + 1) === 0 ? KIND_SPREAD ** 2 : 0),
  )
}

export function tokensOf(texts: KindCounts, { factors }: Correction): number {
  return KINDS.reduce((sum, kind, i) => sum + texts[kind] * factors[i]!, 0)
}

/** What is known after an answer whose texts had `tokens` by the model's own count; the same where it says nothing. */
export function corrected(before: Correction, texts: KindCounts, tokens: number): Correction {
  const size = KINDS.reduce((sum, kind) => sum + texts[kind], 0)
  const measured = tokens / size
  if (size < SHORTEST || !(measured >= BOUNDS.least && measured <= BOUNDS.most)) return before
  const share = KINDS.map((kind) => texts[kind] / size)
  const drifted = before.spread.map((value, i) => value + (i % (N + 1) === 0 ? DRIFT ** 2 : 0))
  const gained = share.map((_, i) => share.reduce((sum, s, j) => sum + drifted[i * N + j]! * s, 0))
  const variance = gained.reduce((sum, g, i) => sum + g * share[i]!, 0) + NOISE ** 2 + (HIDDEN / size) ** 2
  const error = measured - before.factors.reduce((sum, factor, i) => sum + factor * share[i]!, 0)
  const limit = ROBUST * Math.sqrt(variance)
  const isOdd = Math.abs(error) > limit
  const odd = isOdd ? before.odd + 1 : 0
  if (odd >= MOST_ODD) return corrected({ ...before, spread: startSpread(), odd: 0 }, texts, tokens)
  const step = Math.min(limit, Math.max(-limit, error)) / variance
  return {
    factors: before.factors.map((factor, i) => clamped(factor + gained[i]! * step)),
    spread: drifted.map((value, i) => value - (gained[Math.floor(i / N)]! * gained[i % N]!) / variance),
    answers: before.answers + 1,
    odd,
  }
}

function clamped(factor: number): number {
  return Math.min(BOUNDS.most, Math.max(BOUNDS.least, factor))
}

const LENGTHS = { factors: N, spread: N * N } as const

/** A correction as another process, or an earlier version, may have written it; undefined for anything else. */
export function parsedCorrection(value: unknown): Correction | undefined {
  const { factors, spread, answers, odd } = Object(value) as Partial<Correction>
  const isList = (list: unknown, length: number) =>
    Array.isArray(list) && list.length === length && list.every((n) => Number.isFinite(n))
  const isGood = isList(factors, LENGTHS.factors) && isList(spread, LENGTHS.spread)
  if (!isGood || typeof answers !== 'number' || typeof odd !== 'number') return undefined
  return { factors: factors!.map(clamped), spread: spread!, answers, odd }
}
