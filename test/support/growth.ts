/**
 * How many times more CPU `run` takes for an input of eight times the size: about 8 where the work is linear, 64 where it is
 * quadratic. CPU time and not the clock, and the best of several runs: on a busy machine the clock said 34 to 78 for 15.
 */
export function growth<T>(size: number, make: (size: number) => T, run: (input: T) => unknown): number {
  const [small, large] = [make(size), make(size * 8)]
  run(small) // compiled
  const times = [small, large].map((input) => {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < 7; i++) {
      const started = process.cpuUsage()
      run(input)
      const { user, system } = process.cpuUsage(started)
      best = Math.min(best, Math.max(user + system, 1))
    }
    return best
  })
  return times[1]! / times[0]!
}

/** Between the two, with room for caches that a larger input no longer fits into. */
export const LINEAR = 24
