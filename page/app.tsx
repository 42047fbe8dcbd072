import { createEffect, createSignal, Match, Show, Suspense, Switch } from 'solid-js'
import { key } from './api/key.js'
import { createFeed, type Feed } from './data/feed.js'
import { useKeys } from './keys.js'
import { Header } from './parts/header.jsx'
import { Help } from './parts/help.jsx'
import { later } from './parts/later.js'
import { NoKey } from './parts/no-key.jsx'
import { Notices } from './parts/notices.jsx'
import { NowStrip } from './parts/now.jsx'
import { step } from './parts/step.js'
import { go, href, route, type View, withQuery } from './route.js'
import { nextTheme } from './theme.js'
import { Live } from './views/live/live.jsx'
import { RequestPanel } from './views/request/panel.jsx'

const views = {
  accounts: later(() => import('./views/accounts/accounts.jsx')),
  chain: later(() => import('./views/chain/chain.jsx')),
  compare: later(() => import('./views/compare/compare.jsx')),
  cost: later(() => import('./views/cost/cost.jsx')),
  sessions: later(() => import('./views/sessions/sessions.jsx')),
  upstreams: later(() => import('./views/upstreams/upstreams.jsx')),
}

const viewOf = (view: View) => (view === 'live' ? undefined : views[view])

/** Milliseconds: the list comes first; then the views are here before the gateway may be away. */
const THEN = 1_500

const JUMPS: Readonly<Record<string, View>> = {
  'g l': 'live',
  'g s': 'sessions',
  'g c': 'cost',
  'g a': 'accounts',
  'g u': 'upstreams',
  'g h': 'chain',
}

export function App() {
  const feed = createFeed()
  return (
    <Show when={key() !== undefined || feed.seen()} fallback={<NoKey />}>
      <Page feed={feed} />
    </Show>
  )
}

function Page(props: { feed: Feed }) {
  const { feed } = props
  const [help, setHelp] = createSignal(false)
  const opened = () => route().query.get('open') ?? undefined
  createEffect(() => {
    if (feed.seen()) setTimeout(() => Object.values(views).map(({ preload }) => preload()), THEN)
  })
  createEffect(() => {
    document.title = `agproxy · ${route().view}`
  })
  useKeys(() => ({
    ...Object.fromEntries(Object.entries(JUMPS).map(([keys, view]) => [keys, () => go(href(view))])),
    ...(route().view !== 'live' && { j: () => step(1), k: () => step(-1) }),
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
              <Match when={viewOf(route().view)} keyed>
                {(View) => <View />}
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
