import { ApiError, request } from './client.js'
import { eventsOf } from './events.js'
import type { Now, Row } from './types.js'

export interface Listener {
  rows(rows: readonly Row[]): void
  now(now: Now): void
  /** Connected anew, or rows were left out: what came meanwhile has to be fetched. */
  gap(): void
  state(state: 'connected' | 'waiting'): void
}

/** Milliseconds before a lost stream is asked for again: the first time, and at most. */
const RETRY = { first: 500, most: 15_000 } as const

/** Listens to finished requests until the signal says stop, through losses of the connection. */
export async function listen(listener: Listener, signal: AbortSignal): Promise<void> {
  let wait: number = RETRY.first
  let before = false
  while (!signal.aborted) {
    try {
      const response = await request('live', { signal })
      if (before) listener.gap()
      before = true
      wait = RETRY.first
      listener.state('connected')
      for await (const { name, data } of eventsOf(response.body!)) heard(listener, name, data)
    } catch (error) {
      if (signal.aborted || (error instanceof ApiError && [401, 403, 404].includes(error.status))) return
    }
    listener.state('waiting')
    await pause(wait, signal)
    wait = Math.min(wait * 2, RETRY.most)
  }
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
    const timer = setTimeout(resolve, ms)
    const stop = () => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener('abort', stop, { once: true })
  })
}
