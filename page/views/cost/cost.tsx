import { createMemo, For, Show, Suspense } from 'solid-js'
import type { UsageAnswer } from '../../api/types.js'
import { type Measure, type Per, stackOf } from '../../data/stack.js'
import { later } from '../../parts/later.js'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { Empty } from '../../parts/small.jsx'
import { go, route, withQuery } from '../../route.js'
import { Budgets } from './budgets.jsx'
import { UsageTable } from './table.jsx'
import { Times } from './times.jsx'

const Plot = later(() => import('./plot.jsx'))

const BY = ['model', 'agent-type', 'agent', 'account', 'label', 'session'] as const
const SINCE = { '24h': 'a day', '7d': 'a week', '30d': 'a month', '90d': 'three months' } as const
const PER: Readonly<Record<keyof typeof SINCE, readonly Per[]>> = {
  '24h': ['hour'],
  '7d': ['day', 'hour'],
  '30d': ['day', 'month'],
  '90d': ['day', 'month'],
}
const DAYS = { '24h': 1, '7d': 7, '30d': 30, '90d': 90 } as const
const MEASURES: Readonly<Record<Measure, string>> = {
  cost: 'cost',
  listCost: 'by the client’s names',
  tokens: 'tokens',
}

export default function Cost() {
  const chosen = <T extends string>(name: string, all: readonly T[]) =>
    all.find((value) => value === route().query.get(name))
  const by = () => chosen('by', BY) ?? 'model'
  const since = () => chosen('since', Object.keys(SINCE) as (keyof typeof SINCE)[]) ?? '7d'
  const per = () => chosen('per', PER[since()]) ?? PER[since()][0]!
  const load = createLoad<UsageAnswer>(() => `usage?by=${by()}&since=${since()}`)
  const overTime = createLoad<UsageAnswer>(() => `usage?by=${by()}&since=${since()}&per=${per()}`)
  const measure = () => {
    const { total } = load.value() ?? {}
    return (
      chosen('show', Object.keys(MEASURES) as Measure[]) ?? (total && total.priced === 0 ? 'tokens' : 'cost')
    )
  }
  const stack = createMemo(() => {
    const now = Date.now()
    const rows = overTime.value()?.rows
    return rows && stackOf(rows, measure(), per(), now - DAYS[since()] * 86_400_000, now)
  })
  return (
    <section class="view" aria-label="Cost">
      <Budgets />
      <div class="row controls">
        <Choice name="by" values={BY} value={by()} />
        <Choice name="since" values={Object.keys(SINCE)} words={SINCE} value={since()} />
        <Choice name="per" values={PER[since()]} value={per()} />
        <Choice name="show" values={Object.keys(MEASURES)} words={MEASURES} value={measure()} />
      </div>
      <Loaded
        load={load}
        missing={
          <Empty title="There is no ledger" command="agproxy check">
            The plugin ledger keeps what each request took. It is part of the preset claude-code, and off in
            this config.
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
            <Suspense>
              <Show when={stack()}>
                {(found) => <Plot stack={found()} measure={measure()} per={per()} />}
              </Show>
            </Suspense>
            <UsageTable answer={answer()} by={by()} />
            <Show when={stack()}>{(found) => <Times stack={found()} measure={measure()} per={per()} />}</Show>
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
