import { createEffect, createSignal, lazy, Match, Show, Suspense, Switch } from 'solid-js'
import { key } from './api/key.js'
import { createFeed } from './data/feed.js'
import { useKeys } from './keys.js'
import { Header } from './parts/header.jsx'
import { Help } from './parts/help.jsx'
import { NoKey } from './parts/no-key.jsx'
import { Notices } from './parts/notices.jsx'
import { NowStrip } from './parts/now.jsx'
import { go, href, route, type View, withQuery } from './route.js'
import { nextTheme } from './theme.js'
import { Live } from './views/live/live.jsx'
import { RequestPanel } from './views/request/panel.jsx'

const Accounts = lazy(() => import('./views/accounts/accounts.jsx'))
const Chain = lazy(() => import('./views/chain/chain.jsx'))
const Compare = lazy(() => import('./views/compare/compare.jsx'))
const Cost = lazy(() => import('./views/cost/cost.jsx'))
const Sessions = lazy(() => import('./views/sessions/sessions.jsx'))
const Upstreams = lazy(() => import('./views/upstreams/upstreams.jsx'))

const JUMPS: Readonly<Record<string, View>> = {
  'g l': 'live',
  'g s': 'sessions',
  'g c': 'cost',
  'g a': 'accounts',
  'g u': 'upstreams',
  'g h': 'chain',
}

export function App() {
  return (
    <Show when={key()} keyed fallback={<NoKey />}>
      <Page />
    </Show>
  )
}

function Page() {
  const feed = createFeed()
  const [help, setHelp] = createSignal(false)
  const opened = () => route().query.get('open') ?? undefined
  createEffect(() => {
    document.title = `agproxy · ${route().view}`
  })
  useKeys(() => ({
    ...Object.fromEntries(Object.entries(JUMPS).map(([keys, view]) => [keys, () => go(href(view))])),
    '?': () => void setHelp(true),
    t: nextTheme,
    '/': () => {
      const field = document.querySelector<HTMLInputElement>('#filter')
      field?.focus()
      field?.select()
      return field !== null
    },
    Escape: leave,
  }))
  return (
    <div class="page" classList={{ split: opened() !== undefined }}>
      <Header feed={feed} onHelp={() => setHelp(true)} />
      <NowStrip feed={feed} />
      <Notices feed={feed} />
      <div class="columns">
        <main id="view">
          <Suspense fallback={<p class="loading">Loading…</p>}>
            <Switch>
              <Match when={route().view === 'live'}>
                <Live feed={feed} />
              </Match>
              <Match when={route().view === 'sessions'}>
                <Sessions />
              </Match>
              <Match when={route().view === 'cost'}>
                <Cost />
              </Match>
              <Match when={route().view === 'accounts'}>
                <Accounts />
              </Match>
              <Match when={route().view === 'upstreams'}>
                <Upstreams />
              </Match>
              <Match when={route().view === 'chain'}>
                <Chain />
              </Match>
              <Match when={route().view === 'compare'}>
                <Compare />
              </Match>
            </Switch>
          </Suspense>
        </main>
        <Show when={opened()} keyed>
          {(id) => <RequestPanel id={id} />}
        </Show>
      </div>
      <Help open={help()} onOpenChange={setHelp} />
    </div>
  )
}

/** First out of a field, then the opened request, then the filter. */
function leave(): boolean {
  const { query } = route()
  if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur()
  else if (query.has('open')) go(withQuery({ open: undefined }))
  else if (query.has('q')) go(withQuery({ q: undefined }))
  else return false
  return true
}
