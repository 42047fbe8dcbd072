import { createMemo, For, Show } from 'solid-js'
import type { Details } from '../../api/types.js'
import { modelOf } from '../../data/prompts.js'
import { duration, money, NONE, time, tokens } from '../../format.js'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { Empty } from '../../parts/small.jsx'
import { route, withQuery } from '../../route.js'

type Cell = (request: Details) => string

const ROWS: readonly (readonly [string, Cell])[] = [
  ['when', ({ at }) => time(at)],
  ['status', ({ status, ending }) => `${status ?? NONE}, ${ending}`],
  ['error', ({ error }) => error ?? NONE],
  ['model', (request) => modelOf(request) ?? NONE],
  ['upstream', ({ upstream }) => upstream ?? NONE],
  ['account', ({ account }) => account ?? NONE],
  ['attempts', ({ attempts }) => String(attempts.length)],
  ['first content', ({ firstContentMs }) => duration(firstContentMs)],
  ['in all', ({ ms }) => duration(ms)],
  ['tokens in', ({ inputTokens }) => tokens(inputTokens)],
  ['from the cache', ({ cacheReadTokens }) => tokens(cacheReadTokens)],
  ['tokens out', ({ outputTokens }) => tokens(outputTokens)],
  ['cost', ({ cost }) => money(cost)],
  ['cache', ({ cache }) => cache?.verdict ?? NONE],
  ['changed by', ({ plugins }) => changers(plugins)],
  ['session', ({ session }) => session ?? NONE],
  ['agent', ({ agent, agentType }) => agentType ?? agent ?? 'main'],
]

/** Two requests side by side; what differs is marked. */
export default function Compare() {
  const [left, right] = [0, 1].map((i) =>
    createLoad<Details>(() => {
      const id = route().parts[i]
      return id === undefined ? undefined : `requests/${encodeURIComponent(id)}?bodies=false`
    }),
  ) as [ReturnType<typeof createLoad<Details>>, ReturnType<typeof createLoad<Details>>]
  return (
    <section class="view" aria-label="Compare">
      <Show
        when={route().parts.length === 2}
        fallback={
          <Empty title="Nothing to compare">
            Open a request, press “Compare with…”, and open another one.
          </Empty>
        }
      >
        <Loaded load={left}>{(a) => <Loaded load={right}>{(b) => <Both a={a()} b={b()} />}</Loaded>}</Loaded>
      </Show>
    </section>
  )
}

function Both(props: { a: Details; b: Details }) {
  const rows = createMemo(() => ROWS.map(([name, cell]) => ({ name, a: cell(props.a), b: cell(props.b) })))
  return (
    <div class="scroll">
      <table class="compare">
        <thead>
          <tr>
            <th>
              <span class="hidden">fact</span>
            </th>
            <For each={[props.a, props.b]}>
              {({ id }) => (
                <th>
                  <a class="mono" href={withQuery({ open: id })}>
                    {id}
                  </a>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={rows()}>
            {({ name, a, b }) => (
              <tr classList={{ differs: a !== b }}>
                <th scope="row">
                  {name}
                  <Show when={a !== b}>
                    <span title="differs"> ≠</span>
                  </Show>
                </th>
                <td>{a}</td>
                <td>{b}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}

function changers(plugins: Details['plugins']): string {
  const names = plugins.filter(({ changes }) => (changes?.length ?? 0) > 0).map(({ plugin }) => plugin)
  return [...new Set(names)].join(', ') || NONE
}
