import { createEffect, createMemo, createSignal, Match, Show, Switch } from 'solid-js'
import { VList, type VListHandle } from 'virtua/solid'
import type { Feed } from '../../data/feed.js'
import { matching } from '../../data/filter.js'
import { type Item, itemsOf } from '../../data/items.js'
import { things } from '../../format.js'
import { useKeys } from '../../keys.js'
import { Empty } from '../../parts/small.jsx'
import { go, href, route, withQuery } from '../../route.js'
import { ItemLine } from './lines.jsx'

/** Lines below which the next page is fetched. */
const AHEAD = 40

export function Live(props: { feed: Feed }) {
  const { feed } = props
  const [open, setOpen] = createSignal<ReadonlySet<string>>(new Set())
  const [cursor, setCursor] = createSignal<string>()
  const filter = () => route().query.get('q') ?? ''
  const shown = createMemo(() => matching(feed.prompts(), filter()))
  const items = createMemo(() => itemsOf(shown(), open()))
  let list: VListHandle | undefined

  const toggle = (key: string) => {
    const next = new Set(open())
    if (!next.delete(key)) next.add(key)
    setOpen(next)
  }
  const act = (item: Item) => {
    setCursor(item.key)
    if (item.kind === 'prompt') toggle(item.key)
    if (item.kind === 'request') go(withQuery({ open: item.row.id }))
  }
  const move = (by: number) => {
    const at = items().findIndex(({ key }) => key === cursor())
    const next = Math.min(items().length - 1, Math.max(0, at + by))
    const item = items()[next]
    if (!item) return false
    setCursor(item.key)
    list?.scrollToIndex(next, { align: 'nearest' })
    // With a request open beside the list the next one takes its place.
    if (item.kind === 'request' && route().query.has('open')) go(withQuery({ open: item.row.id }), true)
    return true
  }
  useKeys(() => ({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => {
      const item = items().find(({ key }) => key === cursor())
      if (item) act(item)
      return item !== undefined
    },
  }))
  // The opened request is in sight when the page comes with it, as from a link.
  let shownId: string | undefined
  createEffect(() => {
    const id = route().query.get('open') ?? undefined
    if (id === shownId) return
    const prompt = id && feed.prompts().find(({ rows }) => rows.some((row) => row.id === id))
    if (id && !prompt) return
    shownId = id
    if (prompt && !open().has(prompt.key)) setOpen(new Set([...open(), prompt.key]))
    if (id) setCursor(id)
  })
  const nearEnd = () => {
    if (!list || feed.more() === undefined) return
    const last = list.findItemIndex(list.scrollOffset + list.viewportSize)
    if (last > items().length - AHEAD) void feed.older()
  }
  // A filter that leaves little goes on through older pages, one after the other.
  createEffect(() => {
    if (filter() && items().length < AHEAD && feed.more() !== undefined) void feed.older()
  })

  return (
    <section
      class="live"
      aria-label="Prompts"
      onPointerEnter={(event) => event.pointerType === 'mouse' && feed.freeze(true)}
      onPointerLeave={() => feed.freeze(false)}
    >
      <Show when={feed.held() > 0}>
        <button type="button" class="news" onClick={() => feed.show()}>
          {things(feed.held(), 'new request')}, held while you point at the list
        </button>
      </Show>
      <Switch
        fallback={
          <VList
            ref={(handle) => (list = handle)}
            class="lines"
            data={items()}
            itemSize={38}
            onScroll={nearEnd}
            onScrollEnd={nearEnd}
          >
            {(item) => (
              <ItemLine
                item={item}
                current={cursor() === item.key}
                opened={route().query.get('open')}
                onAct={act}
              />
            )}
          </VList>
        }
      >
        <Match when={feed.state() === 'off' && feed.prompts().length === 0}>
          <Empty title="Requests are not kept yet" command="trace: {}">
            The plugin trace keeps the last requests in memory, without prompts. Add this line to the config;
            it is in force as soon as the file is saved. Accounts, upstreams and cost are there without it.
          </Empty>
        </Match>
        <Match when={feed.state() === 'waiting' && !feed.seen()}>
          <Empty title="The gateway does not answer">
            It may have stopped. The page goes on as soon as it is back.
          </Empty>
        </Match>
        <Match when={feed.state() === 'loading' && !feed.seen()}>
          <p class="loading" role="status">
            Loading…
          </p>
        </Match>
        <Match when={items().length === 0 && filter() !== ''}>
          <Empty title="Nothing matches">
            No prompt among the last {things(feed.prompts().length, 'prompt')} has “{filter()}”.{' '}
            <a href={href('live')}>Show all</a>
          </Empty>
        </Match>
        <Match when={items().length === 0}>
          <Empty title="No request so far" command="agproxy claude">
            What goes through the gateway shows up here at once. Start Claude Code through it:
          </Empty>
        </Match>
      </Switch>
    </section>
  )
}
