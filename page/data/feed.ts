import { createEffect, createSignal, on, onCleanup } from 'solid-js'
import { call } from '../api/client.js'
import { key } from '../api/key.js'
import { type ConnectionState, listen } from '../api/live.js'
import type { Now, RequestsAnswer, Row } from '../api/types.js'
import { type Prompt, Prompts } from './prompts.js'
import { type Recent, RecentRows } from './recent.js'

export type FeedState = 'loading' | ConnectionState

const PAGE = 200
/** Milliseconds between two looks at the last half hour, from which rows drop out. */
const TICK = 10_000

/** Finished requests as they come, and older ones by the page. One for the whole page. */
export function createFeed() {
  const store = new Prompts()
  const recent = new RecentRows()
  const [state, setState] = createSignal<FeedState>('loading')
  /** Whether the gateway ever answered: what is here then stays, whatever becomes of it. */
  const [seen, setSeen] = createSignal(false)
  /** Milliseconds since 1970 at which it was lost; undefined while it answers. */
  const [lostAt, setLostAt] = createSignal<number>()
  const [now, setNow] = createSignal<Now>()
  const [prompts, setPrompts] = createSignal<readonly Prompt[]>([])
  const [lately, setLately] = createSignal<Recent>(recent.sum())
  const [lateRows, setLateRows] = createSignal<readonly Row[]>([])
  /** Rows that came while the list was held still. */
  const [held, setHeld] = createSignal(0)
  const [more, setMore] = createSignal<string>()
  let running: AbortController | undefined
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
      ...(running && { signal: running.signal }),
    })
  const enter = (next: FeedState, since = Date.now()) => {
    setLostAt(next === 'waiting' ? (lostAt() ?? since) : undefined)
    setState(next)
  }

  /** The newest requests, and below them what is older: at first, and after a loss. */
  async function refresh() {
    const { requests, next } = await page()
    if (!seen()) setMore(next)
    setSeen(true)
    take(requests)
  }

  /** The list before the stream, so that it is there as soon as can be; until the key is another one. */
  async function start(signal: AbortSignal) {
    let fresh = await refresh().then(
      () => true,
      () => false,
    )
    const gap = () => {
      if (!fresh) refresh().catch(() => {})
      fresh = false
    }
    if (!signal.aborted) await listen({ rows: take, now: setNow, gap, state: enter }, signal)
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

  createEffect(
    on(key, (found) => {
      running?.abort()
      running = new AbortController()
      if (found !== undefined) void start(running.signal)
    }),
  )
  const tick = setInterval(look, TICK)
  onCleanup(() => {
    clearInterval(tick)
    running?.abort()
  })
  return {
    state,
    seen,
    lostAt,
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
