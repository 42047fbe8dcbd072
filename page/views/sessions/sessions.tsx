import { createMemo, For, Show } from 'solid-js'
import { duration, money, NONE, shortId, things, time, tokens, wasteWords } from '../../format.js'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { CacheShare, Empty } from '../../parts/small.jsx'
import { Table } from '../../parts/table.jsx'
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
  /** Paid again where caches missed. */
  readonly lostTokens: number
  readonly lostCost: number
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
      {(answer) => <SessionTable sessions={answer().sessions} />}
    </Loaded>
  )
}

function SessionTable(props: { sessions: readonly SessionAnswer[] }) {
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
      <Table
        class="wide-table"
        columns={[
          'session',
          'last',
          { num: 'over' },
          { num: 'requests' },
          { num: 'in' },
          { num: 'out' },
          { num: 'cost' },
          'cache',
          { num: 'paid again' },
        ]}
      >
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
              <td class="num" title="Tokens that were in a cache and were paid for again, as it missed">
                {one.lostTokens > 0 ? wasteWords(one.lostTokens, one.lostCost) : NONE}
              </td>
            </tr>
          )}
        </For>
      </Table>
    </Show>
  )
}

export function sentOf({ inputTokens, cacheReadTokens, cacheCreationTokens }: Sums): number {
  return inputTokens + cacheReadTokens + cacheCreationTokens
}
