import { createSignal, onCleanup } from 'solid-js'

/** The time, every second, for countdowns. */
export function createTicker(ms = 1_000): () => number {
  const [now, setNow] = createSignal(Date.now())
  const timer = setInterval(() => setNow(Date.now()), ms)
  onCleanup(() => clearInterval(timer))
  return now
}
