import { onCleanup } from 'solid-js'

/** What a key does; returns false to leave it to the browser. */
export type KeyAction = () => unknown

/** Milliseconds in which the second key of `g l` has to follow. */
const TOGETHER = 1_000

const FIELDS = 'input:not([type=checkbox]), textarea, select, [contenteditable]'

/** Whether somebody types words, which are no commands. */
function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest(FIELDS) !== null
}

/**
 * Keys by name: `j`, `Enter`, `g l`. With a modifier a key is the browser's; while somebody types only Escape counts, and an
 * open dialog has all keys to itself.
 */
export function useKeys(actions: () => Readonly<Record<string, KeyAction>>): void {
  let first: { key: string; at: number } | undefined
  const pressed = (event: KeyboardEvent) => {
    const { key } = event
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    if (document.querySelector('[role=dialog]') || (isTyping(event) && key !== 'Escape')) return
    const known = actions()
    const both = first && event.timeStamp - first.at < TOGETHER ? `${first.key} ${key}` : ''
    const action = known[both] ?? known[key]
    first = Object.keys(known).some((name) => name.startsWith(`${key} `))
      ? { key, at: event.timeStamp }
      : undefined
    if (!action) return
    // Enter on a link or a button is what the browser does with it anyway.
    if (key === 'Enter' && event.target instanceof Element && event.target.closest('a, button, summary'))
      return
    if (action() !== false) event.preventDefault()
  }
  addEventListener('keydown', pressed)
  onCleanup(() => removeEventListener('keydown', pressed))
}
