import { createMemo, For } from 'solid-js'
import type { Measure, Per, Stack } from '../../data/stack.js'
import { day, money, time, tokens } from '../../format.js'

/** The numbers of the plot. */
export function Times(props: { stack: Stack; measure: Measure; per: Per }) {
  const shown = (value: number) => (props.measure === 'tokens' ? tokens(value) : money(value))
  const filled = createMemo(() =>
    props.stack.times
      .map((at, i) => ({ at, values: props.stack.series.map(({ values }) => values[i]!) }))
      .filter(({ values }) => values.some((value) => value > 0)),
  )
  return (
    <details>
      <summary>By {props.per}, in numbers</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>{props.per}</th>
              <For each={props.stack.series}>{({ name }) => <th class="num mono">{named(name)}</th>}</For>
            </tr>
          </thead>
          <tbody>
            <For each={filled()}>
              {({ at, values }) => (
                <tr>
                  <td>{props.per === 'hour' ? time(at * 1000) : day(at * 1000)}</td>
                  <For each={values}>{(value) => <td class="num">{shown(value)}</td>}</For>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
    </details>
  )
}

/** The gateway sums names past the eighth up under `*`. */
export function named(name: string): string {
  return name === '*' ? 'all others' : name
}
