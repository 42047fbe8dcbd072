import { createSignal, onCleanup } from 'solid-js'
import { ApiError, call } from '../api/client.js'
import { listen } from '../api/live.js'
import type { Now, RequestsAnswer, Row } from '../api/types.js'
import { type Prompt, Prompts } from './prompts.js'
import { type Recent, RecentRows } from './recent.js'

/** `off`: the gateway's config has no trace. */
export type FeedState = 'loading' | 'connected' | 'waiting' | 'off' | 'failed'

const PAGE = 200
/** Milliseconds between two looks at the last half hour, from which rows drop out. */
const TICK = 10_000

/** Finished requests as they come, and older ones by the page. One for the whole page. */
export function createFeed() {
  const store = new Prompts()
  const recent = new RecentRows()
  const [state, setState] = createSignal<FeedState>('loading')
  const [problem, setProblem] = createSignal<string>()
  const [now, setNow] = createSignal<Now>()
  const [prompts, setPrompts] = createSignal<readonly Prompt[]>([])
  const [lately, setLately] = createSignal<Recent>(recent.sum())
  const [lateRows, setLateRows] = createSignal<readonly Row[]>([])
  /** Rows that came while the list was held still. */
  const [held, setHeld] = createSignal(0)
  const [more, setMore] = createSignal<string>()
  const stop = new AbortController()
  let frozen = false
  let loading = false

  const show = () => {
    setHeld(0)
    setPrompts(store.list())
  }
  const look = () => {
    setLately(recent.sum())
    setLateRows(recent.rows())
  }
  const take = (rows: readonly Row[]) => {
    const fresh = store.add(rows)
    recent.add(rows)
    look()
    if (fresh === 0) return
    if (frozen && prompts().length > 0) setHeld(held() + fresh)
    else show()
  }
  const page = (before?: string) =>
    call<RequestsAnswer>(`requests?limit=${PAGE}${before ? `&before=${encodeURIComponent(before)}` : ''}`, {
      signal: stop.signal,
    })

  async function start() {
    try {
      const { requests, next } = await page()
      setMore(next)
      take(requests)
    } catch (error) {
      if (stop.signal.aborted) return
      const known = error instanceof ApiError ? error : new ApiError(0, String(error))
      setProblem(known.message)
      setState(known.status === 404 ? 'off' : 'failed')
      if (known.status !== 0) return
    }
    await listen(
      {
        rows: take,
        now: setNow,
        gap: () =>
          void page().then(
            ({ requests }) => take(requests),
            () => {},
          ),
        state: setState,
      },
      stop.signal,
    )
  }

  /** The next page of older requests, where there is one. */
  async function older() {
    const before = more()
    if (before === undefined || loading) return
    loading = true
    try {
      const { requests, next } = await page(before)
      setMore(next)
      store.add(requests)
      setPrompts(store.list())
    } catch {
      setMore(undefined)
    } finally {
      loading = false
    }
  }

  void start()
  const tick = setInterval(look, TICK)
  onCleanup(() => {
    clearInterval(tick)
    stop.abort()
  })
  return {
    state,
    problem,
    now,
    prompts,
    lately,
    lateRows,
    held,
    more,
    older,
    /** While somebody points at the list it holds still. */
    freeze(on: boolean) {
      frozen = on
      if (!on && held() > 0) show()
    },
    show,
  }
}

export type Feed = ReturnType<typeof createFeed>
