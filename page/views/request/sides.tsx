import { For, Show } from 'solid-js'
import type { ResendAnswer } from '../../api/types.js'
import { count, duration, money, NONE } from '../../format.js'

type Side = ResendAnswer['now']

const ROWS: readonly (readonly [string, (side: Side) => string])[] = [
  ['model', ({ model }) => model ?? NONE],
  ['upstream', ({ upstream }) => upstream ?? NONE],
  ['account', ({ account }) => account ?? NONE],
  ['status', ({ status }) => String(status ?? 'no answer')],
  ['first content', ({ firstContentMs }) => duration(firstContentMs)],
  ['in all', ({ ms }) => duration(ms)],
  ['tokens in', (side) => count(sentOf(side))],
  ['from the cache', ({ cacheReadTokens }) => count(cacheReadTokens)],
  ['into the cache', ({ cacheCreationTokens }) => count(cacheCreationTokens)],
  ['tokens out', ({ outputTokens }) => count(outputTokens)],
  ['cost', ({ cost, plan }) => (plan ? 'plan' : money(cost))],
  ['stopped by', ({ stopReason }) => stopReason ?? NONE],
]

function sentOf({ inputTokens, cacheReadTokens = 0, cacheCreationTokens = 0 }: Side): number | undefined {
  return inputTokens === undefined ? undefined : inputTokens + cacheReadTokens + cacheCreationTokens
}

/** Two answers to one request, side by side: what each took, and what it says. */
export function Sides(props: { answer: ResendAnswer }) {
  const sides = () => [
    { name: 'then', side: props.answer.before },
    { name: 'now', side: props.answer.now },
  ]
  return (
    <>
      <div class="scroll">
        <table class="sides">
          <thead>
            <tr>
              <th>
                <span class="hidden">fact</span>
              </th>
              <For each={sides()}>{({ name }) => <th>{name}</th>}</For>
            </tr>
          </thead>
          <tbody>
            <For each={ROWS}>
              {([name, cell]) => (
                <tr>
                  <th scope="row">{name}</th>
                  <For each={sides()}>
                    {({ side }) => (
                      <td classList={{ bad: name === 'status' && (side.status ?? 500) >= 400 }}>
                        <bdi>{cell(side)}</bdi>
                      </td>
                    )}
                  </For>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
      <div class="texts">
        <For each={sides()}>
          {({ name, side }) => (
            <section aria-label={`The answer ${name}`}>
              <h3>{name}</h3>
              <Show when={side.text} fallback={<p class="muted">No text is kept.</p>}>
                <pre tabindex="0">{side.text}</pre>
              </Show>
            </section>
          )}
        </For>
      </div>
    </>
  )
}
