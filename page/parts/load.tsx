import { createEffect, createSignal, type JSX, Match, on, onCleanup, Switch } from 'solid-js'
import { ApiError, call } from '../api/client.js'
import { key } from '../api/key.js'
import { Empty } from './small.js'

/** Milliseconds before a gateway that is away is asked again. */
const AGAIN = 2_000

/** Something that the gateway was asked for; what is there stays while it is asked for again. */
export function createLoad<T>(path: () => string | undefined, every?: number) {
  const [value, setValue] = createSignal<T>()
  const [error, setError] = createSignal<ApiError>()
  let running: AbortController | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  const load = async () => {
    const wanted = path()
    running?.abort()
    clearTimeout(again)
    if (wanted === undefined) return
    running = new AbortController()
    const { signal } = running
    try {
      const found = await call<T>(wanted, { signal })
      if (signal.aborted) return
      setValue(() => found)
      setError(undefined)
    } catch (problem) {
      if (signal.aborted) return
      const known = problem instanceof ApiError ? problem : new ApiError(0, String(problem))
      setError(known)
      if (known.status === 0) again = setTimeout(load, AGAIN)
    }
  }
  createEffect(
    on(path, () => {
      setValue(undefined)
      setError(undefined)
      void load()
    }),
  )
  createEffect(on(key, (found) => found !== undefined && void load(), { defer: true }))
  const timer = every && setInterval(() => document.visibilityState === 'visible' && void load(), every)
  onCleanup(() => {
    running?.abort()
    clearTimeout(again)
    if (timer) clearInterval(timer)
  })
  return { value, error, load }
}

/** The value once it is there; before that, what is going on, in words. */
export function Loaded<T>(props: {
  load: { value: () => T | undefined; error: () => ApiError | undefined }
  children: (value: () => T) => JSX.Element
  /** For a 404: what has to be switched on. */
  missing?: JSX.Element
}) {
  const value = () => props.load.value()
  const error = () => props.load.error()
  return (
    <Switch
      fallback={
        <p class="loading" role="status">
          Loading…
        </p>
      }
    >
      <Match when={value()}>{(found) => props.children(found as () => T)}</Match>
      <Match when={error()?.status === 404 && props.missing}>{props.missing}</Match>
      <Match when={error()}>{(found) => <Empty title="That did not work">{found().message}</Empty>}</Match>
    </Switch>
  )
}
