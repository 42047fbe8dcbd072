/**
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} min
 * @property {number} max
 * @property {number} n
 */

/** @param {readonly number[]} values @returns {number} NaN of none */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** @param {readonly number[]} values @returns {Spread | undefined} */
export function spread(values) {
  const real = values.filter(Number.isFinite)
  if (real.length === 0) return undefined
  return { median: median(real), min: Math.min(...real), max: Math.max(...real), n: real.length }
}

/**
 * One number a round: a subject's against another's in the same round, never across rounds, since what else the machine
 * does differs more between rounds than most subjects do.
 * @param {readonly Record<string, number>[]} ours @param {readonly Record<string, number>[]} theirs
 * @param {string} key @param {'ratio' | 'added'} how
 */
export function paired(ours, theirs, key, how) {
  const rounds = Math.min(ours.length, theirs.length)
  return Array.from({ length: rounds }, (_, i) => {
    const [a, b] = [ours[i]?.[key] ?? Number.NaN, theirs[i]?.[key] ?? Number.NaN]
    return how === 'ratio' ? a / b : a - b
  }).filter(Number.isFinite)
}
