import { Match, Switch } from 'solid-js'
import { key } from '../api/key.js'
import type { Feed } from '../data/feed.js'
import { time } from '../format.js'
import { KeyForm } from './no-key.jsx'

/** Whether the page is cut off from its gateway. */
export function isCutOff(feed: Feed): boolean {
  return key() === undefined || feed.lostAt() !== undefined
}

/** Says that the gateway is away or takes another key now, and what becomes of the page. */
export function Connection(props: { feed: Feed }) {
  return (
    <Switch>
      <Match when={key() === undefined}>
        <li class="bad">
          <span aria-hidden="true">✕</span>
          <span class="words">
            The gateway’s admin key was changed: it refuses the one of this tab. What is here stays; run{' '}
            <code>agproxy ui</code>, or paste the new key to go on here.
            <KeyForm />
          </span>
        </li>
      </Match>
      <Match when={props.feed.lostAt()}>
        {(at) => (
          <li class="bad">
            <span aria-hidden="true">✕</span>
            <span class="words">
              The gateway has not answered since {time(at())}. What is here stays as it was, and the page goes
              on as soon as it answers.
            </span>
          </li>
        )}
      </Match>
    </Switch>
  )
}
