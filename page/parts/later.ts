import { type Component, lazy } from 'solid-js'

/** Milliseconds before a part is asked for again. */
const AGAIN = 2_000

/** A part of the page that comes when it is needed. It is asked for until it is there: a gateway that was away leaves none of them broken. */
export function later<Props extends object>(load: () => Promise<{ default: Component<Props> }>) {
  const ask = (): ReturnType<typeof load> =>
    load().catch(async () => {
      await new Promise((resolve) => setTimeout(resolve, AGAIN))
      return ask()
    })
  return lazy(ask)
}
