import { createMemo, For, lazy, Show } from 'solid-js'
import { count, money, percent, tokens } from '../../format.js'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { Empty } from '../../parts/small.jsx'
import { go, route, withQuery } from '../../route.js'
import type { UsageAnswer, UsageRow } from './answer.js'

const Plot = lazy(() => import('./plot.jsx'))

const BY = ['model', 'session', 'agent', 'account', 'label', 'day'] as const
const SINCE: Readonly<Record<string, string>> = {
  '24h': 'a day',
  '7d': 'a week',
  '30d': 'a month',
  '90d': 'three months',
}

export default function Cost() {
  const by = () => BY.find((name) => name === route().query.get('by')) ?? 'model'
  const since = () => {
    const wanted = route().query.get('since') ?? '7d'
    return Object.hasOwn(SINCE, wanted) ? wanted : '7d'
  }
  const load = createLoad<UsageAnswer>(() => `usage?by=${by()}&since=${since()}`)
  const days = createLoad<UsageAnswer>(() => `usage?by=day&since=${since()}`)
  return (
    <section class="view" aria-label="Cost">
      <div class="row controls">
        <Choice name="by" values={BY} value={by()} />
        <Choice name="since" values={Object.keys(SINCE)} words={SINCE} value={since()} />
      </div>
      <Loaded
        load={load}
        missing={
          <Empty title="Nothing is kept yet" command="npm install kysely libsql">
            The ledger keeps what each request took. It needs these two packages beside agproxy (or Node 22.5
            and kysely).
          </Empty>
        }
      >
        {(answer) => (
          <Show
            when={answer().rows.length > 0}
            fallback={
              <Empty title="Nothing was spent in this time" command="agproxy claude">
                What goes through the gateway is counted here.
              </Empty>
            }
          >
            <Show when={days.value()}>{(found) => <Plot rows={found().rows} />}</Show>
            <Table rows={answer().rows} more={answer().more} total={answer().total} by={by()} />
          </Show>
        )}
      </Loaded>
    </section>
  )
}

function Choice(props: {
  name: string
  values: readonly string[]
  words?: Readonly<Record<string, string>>
  value: string
}) {
  return (
    <label>
      {props.name}{' '}
      <select
        value={props.value}
        onChange={(event) => go(withQuery({ [props.name]: event.currentTarget.value }))}
      >
        <For each={props.values}>
          {(value) => <option value={value}>{props.words?.[value] ?? value}</option>}
        </For>
      </select>
    </label>
  )
}

function Table(props: {
  rows: readonly UsageRow[]
  more: number
  total: Omit<UsageRow, 'name'>
  by: string
}) {
  const rows = createMemo(() => props.rows.slice(0, 200))
  return (
    <div class="scroll">
      <table class="wide-table">
        <thead>
          <tr>
            <th>{props.by}</th>
            <th class="num">requests</th>
            <th class="num">in</th>
            <th class="num">cached</th>
            <th class="num">out</th>
            <th class="num">cost</th>
            <th class="num" title="What the models would have cost that the client asked for">
              by the client’s names
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={rows()}>{(row) => <Line name={row.name ?? 'none'} row={row} />}</For>
        </tbody>
        <tfoot>
          <Line name="all" row={props.total} />
        </tfoot>
      </table>
    </div>
  )
}

function Line(props: { name: string; row: Omit<UsageRow, 'name'> }) {
  const sent = () => props.row.inputTokens + props.row.cacheReadTokens + props.row.cacheCreationTokens
  return (
    <tr>
      <td class="mono">{props.name}</td>
      <td class="num">{count(props.row.requests)}</td>
      <td class="num">{tokens(sent())}</td>
      <td class="num">{percent(sent() > 0 ? props.row.cacheReadTokens / sent() : undefined)}</td>
      <td class="num">{tokens(props.row.outputTokens)}</td>
      <td class="num">
        {props.row.priced > 0 ? money(props.row.cost) : props.row.plan > 0 ? 'plan' : money(undefined)}
      </td>
      <td class="num">{money(props.row.listCost)}</td>
    </tr>
  )
}
