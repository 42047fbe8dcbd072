import { createMemo, For } from 'solid-js'
import type { Details } from '../../api/types.js'
import { lanesOf, type Piece } from '../../data/waterfall.js'
import { duration } from '../../format.js'

export function Waterfall(props: { request: Details }) {
  const shown = createMemo(() => lanesOf(props.request))
  const share = (ms: number) => `${(ms / shown().total) * 100}%`
  return (
    <section class="part">
      <h3>
        Time <small>{duration(shown().total)}</small>
      </h3>
      <div class="waterfall">
        <For each={shown().lanes}>
          {({ name, note, pieces }) => (
            <div class="lane">
              <span class="lane-name">
                {name}
                <span class="muted">{note}</span>
              </span>
              <span class="bars">
                <For each={pieces}>
                  {({ kind, words, from, to }) => (
                    <span
                      class={`bar ${kind}`}
                      style={{ left: share(from), width: share(to - from) }}
                      title={`${words}: ${duration(to - from)}`}
                    />
                  )}
                </For>
              </span>
              <span class="lane-words muted">{wordsOf(pieces)}</span>
            </div>
          )}
        </For>
      </div>
    </section>
  )
}

/** Milliseconds that are worth words; the bars show shorter ones too. */
const WORTH = 1

function wordsOf(pieces: readonly Piece[]): string {
  const long = pieces.filter(({ from, to }) => to - from >= WORTH)
  return (long.length > 0 ? long : pieces)
    .map(({ words, from, to }) => `${words} ${duration(to - from)}`)
    .join(' · ')
}
