import { createSignal, onCleanup } from 'solid-js'

const [now, setNow] = createSignal(Date.now())
let readers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The time, every second, for countdowns: one clock for the whole page, so that two of them never differ. */
export function useClock(): () => number {
  if (readers++ === 0) {
    setNow(Date.now())
    timer = setInterval(() => setNow(Date.now()), 1_000)
  }
  onCleanup(() => {
    if (--readers === 0) clearInterval(timer)
  })
  return now
}
