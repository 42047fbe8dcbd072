import { createMemo, For, Show } from 'solid-js'
import type { Feed } from '../data/feed.js'
import { noticesOf } from '../data/notices.js'

/** Only what somebody should know now; nothing is there while all is well. */
export function Notices(props: { feed: Feed }) {
  const notices = createMemo(() => noticesOf(props.feed.lateRows(), props.feed.now()), [], {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  })
  return (
    <Show when={notices().length > 0}>
      <ul class="notices" aria-label="Things to know" aria-live="polite">
        <For each={notices()}>
          {({ level, words, to }) => (
            <li class={level}>
              <span aria-hidden="true">{level === 'bad' ? '✕' : '▲'}</span>
              <span class="words">{words}</span>
              <a href={to}>show</a>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}
