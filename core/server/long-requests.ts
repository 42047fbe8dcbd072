/** Milliseconds after which a request that still runs has a line in the log. */
const LONG = 30_000
/** Milliseconds between two looks at all of them: a timer of its own takes 2 µs of each request. */
const LOOK = 2_000

interface Running {
  /** By `performance.now()`. */
  readonly startedAt: number
  /** Called once. */
  runsLong(ms: number): void
}

/** Those that began first come first. */
const running = new Set<Running>()
let timer: NodeJS.Timeout | undefined

/** Says of a request that takes long what it is, so that a stall is seen before its end. */
export function begun(request: Running): void {
  running.add(request)
  timer ??= setInterval(look, LOOK).unref()
}

export function ended(request: Running): void {
  running.delete(request)
}

function look(): void {
  const now = performance.now()
  for (const request of running) {
    const ms = now - request.startedAt
    if (ms < LONG) break
    running.delete(request)
    request.runsLong(ms)
  }
  if (running.size > 0) return
  clearInterval(timer)
  timer = undefined
}
