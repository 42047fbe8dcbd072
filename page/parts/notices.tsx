import { createMemo, For, Show } from 'solid-js'
import type { Feed } from '../data/feed.js'
import { type Notice, noticesOf } from '../data/notices.js'
import { Connection, isCutOff } from './connection.jsx'
import { Left } from './left.jsx'

/** Only what somebody should know now; nothing is there while all is well. */
export function Notices(props: { feed: Feed }) {
  const notices = createMemo(() => noticesOf(props.feed.lateRows(), props.feed.now()), [], {
    equals: (a, b) => keyOf(a) === keyOf(b),
  })
  return (
    <Show when={notices().length > 0 || isCutOff(props.feed)}>
      <ul class="notices" aria-label="Things to know" aria-live="polite">
        <Connection feed={props.feed} />
        <For each={notices()}>
          {(notice) => (
            <li class={notice.level}>
              <span aria-hidden="true">{notice.level === 'bad' ? '✕' : '▲'}</span>
              <span class="words">
                {notice.words}
                <For each={notice.cooldowns}>
                  {({ id, why, until }, i) => (
                    <>
                      {i() === 0 ? ': ' : ', '}
                      {id} ({why}, <Left until={until} />)
                    </>
                  )}
                </For>
                {notice.more && ` ${notice.more}`}
              </span>
              <a href={notice.to}>show</a>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}

/** What is not to be said again: the end of a cooldown is told to the millisecond, and each time a little different. */
function keyOf(notices: readonly Notice[]): string {
  return JSON.stringify(notices, (name, value) =>
    name === 'until' && value !== null ? Math.round(value / 1000) : value,
  )
}
