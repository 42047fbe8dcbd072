import { ApiError, request } from './client.js'
import { eventsOf } from './events.js'
import type { Now, Row } from './types.js'
import { Watchdog } from './watchdog.js'

/** `waiting`: no gateway answers, and it is asked again; `off`: its config has no trace now; `refused`: it takes no such key. */
export type ConnectionState = 'connected' | 'waiting' | 'off' | 'refused'

export interface Listener {
  rows(rows: readonly Row[]): void
  now(now: Now): void
  /** Connected, or rows were left out: what came meanwhile has to be fetched. */
  gap(): void
  /** `since`, in milliseconds since 1970: when the gateway was heard last. */
  state(state: ConnectionState, since?: number): void
}

/** Milliseconds before a lost stream is asked for again: the first time, and at most. */
const RETRY = { first: 500, most: 10_000 } as const

/** Listens to finished requests until the signal says stop or the key is refused, through losses of the connection. */
export async function listen(listener: Listener, signal: AbortSignal): Promise<void> {
  let wait: number = RETRY.first
  while (!signal.aborted) {
    const watchdog = new Watchdog(signal)
    try {
      const response = await request('live', { signal: watchdog.signal })
      wait = RETRY.first
      listener.state('connected')
      listener.gap()
      for await (const { name, data } of eventsOf(response.body!, () => watchdog.heard()))
        heard(listener, name, data)
      // A gateway that takes a new config ends the stream: it is there again at once.
    } catch (error) {
      if (signal.aborted) return
      const state = stateOf(error)
      listener.state(state, watchdog.heardAt)
      if (state === 'refused') return
    } finally {
      watchdog.end()
    }
    await pause(wait, signal)
    wait = Math.min(wait * 2, RETRY.most)
  }
}

function stateOf(error: unknown): Exclude<ConnectionState, 'connected'> {
  if (!(error instanceof ApiError)) return 'waiting'
  if (error.status === 401 || error.status === 403) return 'refused'
  return error.status === 404 ? 'off' : 'waiting'
}

function heard(listener: Listener, name: string, data: string): void {
  if (name === 'now') listener.now(JSON.parse(data))
  if (name !== 'requests') return
  const { requests, missed } = JSON.parse(data) as { requests: Row[]; missed: number }
  listener.rows(requests)
  if (missed > 0) listener.gap()
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      for (const [target, event] of wakers) target.removeEventListener(event, end)
      resolve()
    }
    // Somebody looks at the page again, or the machine has a network again.
    const wakers = [
      [signal, 'abort'],
      [document, 'visibilitychange'],
      [window, 'online'],
    ] as const
    for (const [target, event] of wakers) target.addEventListener(event, end)
    const timer = setTimeout(end, ms)
  })
}
