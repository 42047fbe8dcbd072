import { createSignal, onMount, Show } from 'solid-js'
import type { Details, Row } from '../../api/types.js'
import { isFailed } from '../../data/sums.js'
import { NONE, shortId } from '../../format.js'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { Empty, State } from '../../parts/small.jsx'
import { Troubles } from '../../parts/troubles.jsx'
import { go, href, withQuery } from '../../route.js'
import { Actions } from './actions.jsx'
import { Attempts } from './attempts.jsx'
import { Bodies } from './bodies.jsx'
import { CacheVerdict } from './cache.jsx'
import { ChainChanges } from './chain.jsx'
import { Usage } from './usage.jsx'
import { Waterfall } from './waterfall.jsx'

/** All of one request, beside the list or, on a small screen, over it. */
export function RequestPanel(props: { id: string }) {
  const load = createLoad<Details>(() => `requests/${encodeURIComponent(props.id)}?bodies=false`)
  const [wide, setWide] = createSignal(false)
  let panel: HTMLElement | undefined
  onMount(() => {
    if (matchMedia('(max-width: 999px)').matches) panel?.focus()
  })
  return (
    <aside class="panel" classList={{ wide: wide() }} aria-label="Request" tabindex="-1" ref={panel}>
      <div class="panel-top">
        <span class="mono muted id">{props.id}</span>
        <button
          type="button"
          class="icon wide-only"
          onClick={() => setWide(!wide())}
          aria-pressed={wide()}
          aria-label="Use more room"
        >
          ⇔
        </button>
        <button
          type="button"
          class="icon"
          onClick={() => go(withQuery({ open: undefined }))}
          aria-label="Close"
        >
          ✕
        </button>
      </div>
      <Loaded
        load={load}
        missing={
          <Empty title="This request is not kept any more" command={`agproxy usage --by session`}>
            The gateway keeps the newest requests in memory; <code>trace.size</code> says how many.{' '}
            {shortId(props.id, 24)} is not among them.
          </Empty>
        }
      >
        {(request) => <Request request={request()} />}
      </Loaded>
    </aside>
  )
}

function Request(props: { request: Details }) {
  const answering = () => props.request.attempts.at(-1)
  const model = () => {
    const { model, mappedModel } = props.request
    return mappedModel && mappedModel !== model ? `${model} → ${mappedModel}` : (model ?? NONE)
  }
  return (
    <>
      <h2 class="panel-title">
        <State level={isFailed(props.request) ? 'bad' : 'good'}>{props.request.status ?? 'no answer'}</State>
        <span class="mono">{model()}</span>
      </h2>
      <p class="panel-line">
        POST {props.request.path} ·{' '}
        {props.request.attempts.length > 1
          ? `attempt ${props.request.attempts.length} of ${props.request.attempts.length}`
          : 'one attempt'}
        <Show when={answering()}>{(one) => ` · account ${one().account} (${one().upstream})`}</Show>
        <Show when={props.request.ending !== 'complete'}>
          {' '}
          · {endings[props.request.ending] ?? props.request.ending}
        </Show>
        <Show when={props.request.session}>
          {(session) => (
            <>
              {' '}
              · <a href={href('sessions', [session()])}>its session</a>
            </>
          )}
        </Show>
      </p>
      <Troubles row={rowOf(props.request)} />
      <Show when={props.request.error}>
        <p class="muted told">
          In the log: <bdi>{props.request.error}</bdi>{' '}
          <Show when={props.request.code}>{(code) => <code>{code()}</code>}</Show>
        </p>
      </Show>
      <Waterfall request={props.request} />
      <Attempts request={props.request} />
      <ChainChanges request={props.request} />
      <Usage request={props.request} />
      <CacheVerdict request={props.request} />
      <Bodies request={props.request} />
      <Actions request={props.request} />
    </>
  )
}

/** As a list has it. */
function rowOf(request: Details): Row {
  return { ...request, attempts: request.attempts.length, cache: request.cache?.verdict }
}

const endings: Readonly<Record<string, string>> = {
  broken: 'the answer was cut short',
  gone: 'the client disconnected before its end',
}
