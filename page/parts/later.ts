import { type Component, lazy } from 'solid-js'

/** Milliseconds before a part is asked for again. */
const AGAIN = 2_000

/**
 * A part of the page that comes when it is needed. It is asked for until it is there: a gateway that was away leaves none of them broken.
 * While it comes, the nearest `Suspense` shows nothing of what is in it: a part of a view has one of its own, or the view is gone for that
 * moment.
 */
export function later<Props extends object>(load: () => Promise<{ default: Component<Props> }>) {
  const ask = (): ReturnType<typeof load> =>
    load().catch(async () => {
      await new Promise((resolve) => setTimeout(resolve, AGAIN))
      return ask()
    })
  return lazy(ask)
}
