import { createMemo, For, Show } from 'solid-js'
import type { Row } from '../../api/types.js'
import { startOf } from '../../data/prompts.js'
import { isFailed } from '../../data/sums.js'
import { troublesOf } from '../../data/troubles.js'
import { money, things, time, wasteWords } from '../../format.js'
import { Said } from '../../parts/troubles.js'
import { withQuery } from '../../route.js'

/** Everything that went wrong in a session, in its order, and what that cost together. */
export function WentWrong(props: { rows: readonly Row[] }) {
  const troubles = createMemo(() =>
    [...props.rows]
      .sort((a, b) => startOf(a) - startOf(b))
      .flatMap((row) => troublesOf(row).map((trouble) => ({ row, ...trouble }))),
  )
  return (
    <Show when={troubles().length > 0}>
      <section aria-labelledby="went-wrong">
        <h2 id="went-wrong">What went wrong</h2>
        <p>{costOf(props.rows, troubles().length)}</p>
        <ol class="troubles">
          <For each={troubles()}>
            {({ row, ...trouble }) => (
              <li class={trouble.level}>
                <a href={withQuery({ open: row.id })}>{time(row.at)}</a>{' '}
                <span class="muted">{row.agentType ?? (row.agent === undefined ? 'main' : 'agent')}</span>{' '}
                <Said {...trouble} />
              </li>
            )}
          </For>
        </ol>
      </section>
    </Show>
  )
}

/** `5 things in 6 requests, for $0.243 in all. Wasted: 99k tokens, $0.113 were paid again where the cache missed; $0.0142 went to answers without an end.` */
function costOf(rows: readonly Row[], troubles: number): string {
  const sum = (of: (row: Row) => number | undefined) => rows.reduce((all, row) => all + (of(row) ?? 0), 0)
  const lost = sum(({ lostTokens }) => lostTokens)
  const wasted = sum((row) => (isFailed(row) ? row.cost : 0))
  const parts = [
    lost > 0 &&
      `${wasteWords(
        lost,
        sum(({ lostCost }) => lostCost),
      )} were paid again where the cache missed`,
    wasted > 0 && `${money(wasted)} went to answers without an end`,
  ].filter(Boolean)
  const waste = parts.length > 0 ? ` Wasted: ${parts.join('; ')}.` : ''
  const all = sum(({ cost }) => cost)
  const dear = all > 0 ? `, for ${money(all)} in all` : ''
  return `${things(troubles, 'thing')} in ${things(rows.length, 'request')}${dear}.${waste}`
}
