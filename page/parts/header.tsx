import { For, Show } from 'solid-js'
import { key } from '../api/key.js'
import type { Feed } from '../data/feed.js'
import { things } from '../format.js'
import { go, href, route, type View, withQuery } from '../route.js'
import { nextTheme, theme } from '../theme.js'
import { State } from './small.jsx'

const TABS: readonly (readonly [View, string])[] = [
  ['live', 'Live'],
  ['sessions', 'Sessions'],
  ['cost', 'Cost'],
  ['accounts', 'Accounts'],
  ['upstreams', 'Upstreams'],
  ['chain', 'Chain'],
]

export function Header(props: { feed: Feed; onHelp: () => void }) {
  return (
    <header class="top">
      <a class="brand" href={href('live')}>
        agproxy
      </a>
      <Serving feed={props.feed} />
      <Filter />
      <button
        type="button"
        class="icon"
        onClick={nextTheme}
        aria-label={`Theme: ${theme()}. Change it`}
        title={`Theme: ${theme()} (t)`}
      >
        {{ auto: '◐', light: '☀', dark: '☾' }[theme()]}
      </button>
      <button
        type="button"
        class="icon"
        onClick={() => props.onHelp()}
        aria-label="Keys and help"
        title="Keys (?)"
      >
        ?
      </button>
      <nav class="tabs" aria-label="Views">
        <For each={TABS}>
          {([view, name]) => (
            <a href={href(view)} aria-current={route().view === view ? 'page' : undefined}>
              {name}
            </a>
          )}
        </For>
      </nav>
    </header>
  )
}

function Serving(props: { feed: Feed }) {
  const upstreams = () => {
    const counts = new Map<string, number>()
    for (const { upstream } of props.feed.now()?.accounts ?? [])
      counts.set(upstream, (counts.get(upstream) ?? 0) + 1)
    return [...counts].map(([name, n]) => `${name}(${n})`).join(' ')
  }
  const none = () => props.feed.now()?.accounts.every(({ usable }) => !usable) === true
  return (
    <span class="serving">
      <Show when={props.feed.state() !== 'loading'} fallback={<State level="idle">connecting</State>}>
        <Show
          when={props.feed.lostAt() === undefined && key() !== undefined}
          fallback={
            <State level="bad">{key() === undefined ? 'key refused' : 'no answer; trying again'}</State>
          }
        >
          <Show when={!none()} fallback={<State level="bad">no account can serve</State>}>
            <State level="good">serving</State>
          </Show>
        </Show>
      </Show>
      <span class="muted wide" title={things(props.feed.now()?.accounts.length ?? 0, 'account')}>
        {location.host}
        <Show when={upstreams()}>{(names) => ` → ${names()}`}</Show>
      </span>
    </span>
  )
}

/** What is typed is part of the URL. */
function Filter() {
  const typed = (text: string) =>
    go(route().view === 'live' ? withQuery({ q: text }) : href('live', [], { q: text }), true)
  return (
    <label class="filter">
      <span class="hidden">Filter the prompts</span>
      <input
        id="filter"
        type="search"
        placeholder="filter"
        autocomplete="off"
        spellcheck={false}
        value={route().query.get('q') ?? ''}
        onInput={(event) => typed(event.currentTarget.value)}
      />
      <kbd>/</kbd>
    </label>
  )
}
