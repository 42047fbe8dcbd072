import { useClock } from '../data/clock.js'
import { leftWords } from '../format.js'

/** What is left of a cooldown, counted down. */
export function Left(props: { until: number | null }) {
  const now = useClock()
  return <span role="timer">{leftWords(props.until, now())}</span>
}
