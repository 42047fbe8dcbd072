import { createMemo, For, Index, Show } from 'solid-js'
import type { UpstreamAnswer, UpstreamsAnswer } from '../../api/types.js'
import { things, time } from '../../format.js'
import { createCall } from '../../parts/call.jsx'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { Empty } from '../../parts/small.jsx'
import { Table } from '../../parts/table.jsx'

export default function Upstreams() {
  const load = createLoad<UpstreamsAnswer>(() => 'upstreams')
  return (
    <section class="view" aria-label="Upstreams">
      <Loaded load={load}>
        {(answer) => (
          <Show
            when={answer().upstreams.length > 0}
            fallback={
              <Empty title="No upstream" command="agproxy check">
                The chain of the config has none.
              </Empty>
            }
          >
            <div class="stack">
              <Index each={answer().upstreams}>
                {(upstream) => <Card upstream={upstream()} onForgotten={() => void load.load()} />}
              </Index>
            </div>
          </Show>
        )}
      </Loaded>
    </section>
  )
}

function Card(props: { upstream: UpstreamAnswer; onForgotten: () => void }) {
  const forget = createCall(() => ({
    method: 'DELETE',
    path: `upstreams/${encodeURIComponent(props.upstream.name)}/learned`,
  }))
  const known = createMemo(() =>
    props.upstream.known.flatMap(({ accepts, models, source }) =>
      Object.entries(accepts).map(([name, value]) => ({ name, value: shown(value), models, source })),
    ),
  )
  const learned = createMemo(() =>
    props.upstream.learned.flatMap(({ accepts, ...rest }) =>
      Object.entries(accepts).map(([name, value]) => ({ name, value: shown(value), ...rest })),
    ),
  )
  return (
    <article class="card">
      <h2>
        <bdi>{props.upstream.name}</bdi>{' '}
        <small class="muted">{things(known().length, 'known difference')}</small>
      </h2>
      <Show when={learned().length > 0}>
        <h3>Learned from refusals</h3>
        <Table columns={['what', 'value', 'model', 'why', 'until']}>
          <For each={learned()}>
            {({ name, value, model, why, until }) => (
              <tr>
                <td>{name}</td>
                <td class="mono">{value}</td>
                <td class="mono">{model}</td>
                <td>{why}</td>
                <td>{time(until)}</td>
              </tr>
            )}
          </For>
        </Table>
        <button
          type="button"
          class="button"
          disabled={forget.running()}
          onClick={() => void forget.run().then((done) => done && props.onForgotten())}
        >
          Forget, and try anew with the next request
        </button>
        <Show when={forget.problem()}>{(words) => <p class="problem">{words()}</p>}</Show>
      </Show>
      <Show
        when={known().length > 0}
        fallback={<p class="muted">Nothing is known: all is passed on as it came.</p>}
      >
        <details open={known().length <= 12}>
          <summary>What it takes, where that differs from the Messages API</summary>
          <Table columns={['what', 'value', 'models', 'known from']}>
            <For each={known()}>
              {({ name, value, models, source }) => (
                <tr>
                  <td>{name}</td>
                  <td class="mono">{value}</td>
                  <td class="mono">{models ?? 'all'}</td>
                  <td class="muted">{source ?? 'the upstream itself'}</td>
                </tr>
              )}
            </For>
          </Table>
        </details>
      </Show>
    </article>
  )
}

function shown(value: unknown): string {
  return value === true ? 'yes' : value === false ? 'no' : JSON.stringify(value)
}
