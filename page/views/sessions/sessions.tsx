import { createMemo, For, Show } from 'solid-js'
import { duration, money, shortId, things, time, tokens } from '../../format.js'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { CacheShare, Empty } from '../../parts/small.jsx'
import { href, route } from '../../route.js'
import { Session } from './session.jsx'

export interface Sums {
  readonly requests: number
  readonly errors: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheCreationTokens: number
  readonly cost?: number
}

export interface SessionAnswer extends Sums {
  readonly session: string | null
  readonly from: string
  readonly to: string
}

const EVERY = 10_000
const MOST = 200

export default function Sessions() {
  const load = createLoad<{ sessions: readonly SessionAnswer[] }>(() => 'sessions', EVERY)
  const wanted = () => route().parts[0]
  return (
    <section class="view" aria-label="Sessions">
      <Show when={wanted()} keyed fallback={<List load={load} />}>
        {(id) => <Session id={id} />}
      </Show>
    </section>
  )
}

function List(props: { load: ReturnType<typeof createLoad<{ sessions: readonly SessionAnswer[] }>> }) {
  return (
    <Loaded
      load={props.load}
      missing={
        <Empty title="Sessions are not kept yet" command="trace: {}">
          The plugin trace keeps them; add this line to the config.
        </Empty>
      }
    >
      {(answer) => <Table sessions={answer().sessions} />}
    </Loaded>
  )
}

function Table(props: { sessions: readonly SessionAnswer[] }) {
  const shown = createMemo(() => props.sessions.slice(0, MOST))
  return (
    <Show
      when={shown().length > 0}
      fallback={
        <Empty title="No session so far" command="agproxy claude">
          Each session of Claude Code shows up here with its agents.
        </Empty>
      }
    >
      <div class="scroll">
        <table class="wide-table">
          <thead>
            <tr>
              <th>session</th>
              <th>last</th>
              <th class="num">over</th>
              <th class="num">requests</th>
              <th class="num">in</th>
              <th class="num">out</th>
              <th class="num">cost</th>
              <th>cache</th>
            </tr>
          </thead>
          <tbody>
            <For each={shown()}>
              {(one) => (
                <tr>
                  <td>
                    <a class="mono" href={href('sessions', [one.session ?? '-'])}>
                      {one.session === null ? 'no session' : shortId(one.session, 20)}
                    </a>
                  </td>
                  <td>{time(one.to)}</td>
                  <td class="num">{duration(Date.parse(one.to) - Date.parse(one.from))}</td>
                  <td class="num">
                    {one.requests}
                    <Show when={one.errors > 0}>
                      <b class="bad" title={things(one.errors, 'failed request')}>
                        {' '}
                        ✕{one.errors}
                      </b>
                    </Show>
                  </td>
                  <td class="num">{tokens(sentOf(one))}</td>
                  <td class="num">{tokens(one.outputTokens)}</td>
                  <td class="num">{money(one.cost)}</td>
                  <td>
                    <CacheShare share={sentOf(one) > 0 ? one.cacheReadTokens / sentOf(one) : undefined} />
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
    </Show>
  )
}

export function sentOf({ inputTokens, cacheReadTokens, cacheCreationTokens }: Sums): number {
  return inputTokens + cacheReadTokens + cacheCreationTokens
}
