import { For, Show } from 'solid-js'
import type { BudgetsAnswer } from '../../api/types.js'
import { money, percent, shortId, time, tokens } from '../../format.js'
import { createLoad } from '../../parts/load.jsx'
import { Meter } from '../../parts/small.jsx'

const EVERY = 10_000
const MOST = 12

/** What is used of each budget; nothing where the config has none. */
export function Budgets() {
  const load = createLoad<BudgetsAnswer>(() => 'budgets', EVERY)
  return (
    <Show when={load.value()?.budgets.length}>
      <ul class="cards" aria-label="Budgets">
        <For each={load.value()!.budgets.slice(0, MOST)}>{(budget) => <Budget budget={budget} />}</For>
      </ul>
    </Show>
  )
}

function Budget(props: { budget: BudgetsAnswer['budgets'][number] }) {
  const shown = (amount: number) => (props.budget.unit === 'usd' ? money(amount) : `${tokens(amount)} tokens`)
  const whose = () => {
    const { per, of, label } = props.budget
    if (per === 'day') return 'all requests'
    return label ? `label ${label}` : `${per}${of ? ` ${shortId(of)}` : ''}`
  }
  return (
    <li class="card budget">
      <h2>{whose()}</h2>
      <div class="row">
        <Meter share={props.budget.share} label={`Used by ${whose()}`} />
        <b classList={{ bad: props.budget.share >= 1 }}>{percent(props.budget.share)}</b>
      </div>
      <p class="muted">
        {shown(props.budget.used)} of {shown(props.budget.amount)}
        <Show when={props.budget.ends}>{(ends) => `, begins anew ${time(ends())}`}</Show>
      </p>
    </li>
  )
}
