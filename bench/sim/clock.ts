/**
 * Time that passes as fast as the machine allows: `Date.now`, `setTimeout` and `clearTimeout` of this process are replaced,
 * so that the gateway's own code waits in it without knowing.
 */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<void>
  /** Runs until nothing is left to wait for. */
  run(): Promise<void>
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
  off: boolean
  ref(): Timer
  unref(): Timer
}

const turn = setImmediate

export function installClock(start: number): Clock {
  const timers: Timer[] = []
  let now = start
  let order = 0

  const isBefore = (a: Timer, b: Timer) => a.at - b.at || a.order - b.order
  const push = (timer: Timer) => {
    let i = timers.push(timer) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (isBefore(timers[parent]!, timer) <= 0) break
      timers[i] = timers[parent]!
      i = parent
    }
    timers[i] = timer
  }
  const pop = (): Timer => {
    const first = timers[0]!
    const last = timers.pop()!
    if (timers.length > 0) sink(last)
    return first
  }
  const sink = (timer: Timer) => {
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= timers.length) break
      if (child + 1 < timers.length && isBefore(timers[child + 1]!, timers[child]!) < 0) child++
      if (isBefore(timers[child]!, timer) >= 0) break
      timers[i] = timers[child]!
      i = child
    }
    timers[i] = timer
  }

  const set = (run: () => void, ms = 0): Timer => {
    const timer: Timer = {
      at: now + Math.max(0, ms),
      order: order++,
      run,
      off: false,
      ref: () => timer,
      unref: () => timer,
    }
    push(timer)
    return timer
  }
  Object.assign(globalThis, {
    setTimeout: set,
    clearTimeout: (timer?: Timer) => {
      if (timer) timer.off = true
    },
  })
  Date.now = () => now

  return {
    now: () => now,
    sleep: (ms) => new Promise((resolve) => void set(resolve, ms)),
    async run() {
      // All that follows from one timer happens before the next.
      for (await settled(); timers.length > 0; ) {
        const timer = pop()
        if (timer.off) continue
        now = Math.max(now, timer.at)
        timer.run()
        await settled()
      }
    },
  }
}

const settled = () => new Promise<void>((resolve) => void turn(resolve))
