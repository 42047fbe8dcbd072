/** Milliseconds after which a request that still runs has a line in the log. */
const LONG = 30_000
/** Milliseconds between two looks at all of them: a timer of its own takes 2 µs of each request. */
const LOOK = 2_000

interface Running {
  /** By `performance.now()`. */
  readonly startedAt: number
  /** Its place in the list; -1: it is in none. Only `begun` and `ended` change it. */
  place: number
  /** Called once. */
  runsLong(ms: number): void
}

/**
 * In no order. No Set: V8 leaves the tables that it outgrows behind in the old generation, each of them with its members and with a pointer to
 * the next one, so that every request outlived the collections of young objects (3 times their time).
 */
const running: Running[] = []
let timer: NodeJS.Timeout | undefined

/** Says of a request that takes long what it is, so that a stall is seen before its end. */
export function begun(request: Running): void {
  request.place = running.push(request) - 1
  timer ??= setInterval(look, LOOK).unref()
}

export function ended(request: Running): void {
  const { place } = request
  if (place < 0) return
  request.place = -1
  const last = running.pop()!
  if (last === request) return
  running[place] = last
  last.place = place
}

function look(): void {
  const now = performance.now()
  for (let i = running.length - 1; i >= 0; i--) {
    const request = running[i]!
    const ms = now - request.startedAt
    if (ms < LONG) continue
    ended(request) // the one that takes its place was looked at before
    request.runsLong(ms)
  }
  if (running.length > 0) return
  clearInterval(timer)
  timer = undefined
}
