/**
 * How many times longer `run` takes for an input of eight times the size: about 8 where the work is linear, 64 where it is
 * quadratic. Each the best of several runs, since other tests have the machine too.
 */
export function growth<T>(size: number, make: (size: number) => T, run: (input: T) => unknown): number {
  const [small, large] = [make(size), make(size * 8)]
  run(small) // compiled
  const times = [small, large].map((input) => {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < 5; i++) {
      const started = performance.now()
      run(input)
      best = Math.min(best, performance.now() - started)
    }
    return best
  })
  return times[1]! / times[0]!
}

/** Between the two, with room for caches that a larger input no longer fits into. */
export const LINEAR = 24
