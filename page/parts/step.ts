/** What `j` and `k` go through in a view without lines of its own; Enter does there what a click does. */
const STOPS = 'a[href], button:not(:disabled), summary'

/** Moves the focus to the next such place of the view, or the one before; false where there is none. */
export function step(by: 1 | -1): boolean {
  const stops = [...document.querySelectorAll<HTMLElement>(`#view :is(${STOPS})`)].filter(
    ({ offsetParent }) => offsetParent !== null,
  )
  const at = stops.indexOf(document.activeElement as HTMLElement)
  const next = stops[at < 0 ? 0 : Math.min(stops.length - 1, Math.max(0, at + by))]
  next?.focus()
  return next !== undefined
}
