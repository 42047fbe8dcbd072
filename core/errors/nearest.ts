import { distance } from 'fastest-levenshtein'

/** `; did you mean 'x'?` for the closest of the allowed names, or nothing when none is close. */
export function nearest(name: string, allowed: readonly string[]): string {
  const scored = allowed.map((candidate) => ({
    candidate,
    score: distance(name.toLowerCase(), candidate.toLowerCase()),
  }))
  scored.sort((a, b) => a.score - b.score)
  const best = scored[0]
  return best && best.score <= Math.max(2, Math.ceil(name.length / 3))
    ? `; did you mean '${best.candidate}'?`
    : ''
}
