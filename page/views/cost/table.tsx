import { createMemo, For, Show } from 'solid-js'
import type { UsageAnswer, UsageRow } from '../../api/types.js'
import { count, money, percent, things, tokens } from '../../format.js'

const MOST = 200

export function UsageTable(props: { answer: UsageAnswer; by: string }) {
  const rows = createMemo(() => props.answer.rows.slice(0, MOST))
  const more = () => props.answer.more + props.answer.rows.length - rows().length
  return (
    <div class="scroll">
      <table>
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
          <Line name="all" row={props.answer.total} />
        </tfoot>
      </table>
      <Show when={more() > 0}>
        <p class="muted">{things(more(), 'more name')}, which are part of the sum.</p>
      </Show>
    </div>
  )
}

function Line(props: { name: string; row: Omit<UsageRow, 'name'> }) {
  const sent = () => props.row.inputTokens + props.row.cacheReadTokens + props.row.cacheCreationTokens
  const cost = () =>
    props.row.priced > 0 ? money(props.row.cost) : props.row.plan > 0 ? 'plan' : money(undefined)
  return (
    <tr>
      <td class="mono">{props.name}</td>
      <td class="num">
        {count(props.row.requests)}
        <Show when={props.row.failed > 0}>
          <b class="bad" title={things(props.row.failed, 'failed request')}>
            {' '}
            ✕{props.row.failed}
          </b>
        </Show>
      </td>
      <td class="num">{tokens(sent())}</td>
      <td class="num">{percent(sent() > 0 ? props.row.cacheReadTokens / sent() : undefined)}</td>
      <td class="num">{tokens(props.row.outputTokens)}</td>
      <td class="num">{cost()}</td>
      <td class="num">{money(props.row.listCost)}</td>
    </tr>
  )
}
