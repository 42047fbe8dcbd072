/**
 * How many times more CPU `run` takes for an input of eight times the size: about 8 where the work is linear, 64 where it is
 * quadratic. CPU time and not the clock, the best of several runs, the small input eight times for each run of the large one:
 * on a busy machine the clock said 34 to 78 for 15, and one short run against a long one up to 51.
 */
export function growth<T>(size: number, make: (size: number) => T, run: (input: T) => unknown): number {
  const [small, large] = [make(size), make(size * FACTOR)]
  run(small) // compiled
  let [ofSmall, ofLarge] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let i = 0; i < MOST_RUNS; i++) {
    ofSmall = Math.min(
      ofSmall,
      cpu(() => {
        for (let n = 0; n < FACTOR; n++) run(small)
      }),
    )
    ofLarge = Math.min(
      ofLarge,
      cpu(() => run(large)),
    )
    // More runs only come nearer to what the work takes by itself.
    if (i >= LEAST_RUNS && FACTOR * ofLarge < LINEAR * ofSmall) break
  }
  return (FACTOR * ofLarge) / ofSmall
}

/** The same for work that is waited for. */
export async function growthOf<T>(
  size: number,
  make: (size: number) => T,
  run: (input: T) => Promise<unknown>,
): Promise<number> {
  const [small, large] = [make(size), make(size * FACTOR)]
  await run(small)
  let [ofSmall, ofLarge] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const spent = async (times: number, input: T) => {
    const started = process.cpuUsage()
    for (let n = 0; n < times; n++) await run(input)
    const { user, system } = process.cpuUsage(started)
    return Math.max(user + system, 1)
  }
  for (let i = 0; i < MOST_RUNS; i++) {
    ofSmall = Math.min(ofSmall, await spent(FACTOR, small))
    ofLarge = Math.min(ofLarge, await spent(1, large))
    if (i >= 1 && FACTOR * ofLarge < LINEAR * ofSmall) break
  }
  return (FACTOR * ofLarge) / ofSmall
}

function cpu(run: () => void): number {
  const started = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(started)
  return Math.max(user + system, 1)
}

const FACTOR = 8
const LEAST_RUNS = 4
const MOST_RUNS = 25

/** Between the two, with room for caches that a larger input no longer fits into: on a machine with ten programs to two cores 8 became 25. */
export const LINEAR = 36
