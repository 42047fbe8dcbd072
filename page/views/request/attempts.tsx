import { For, Show } from 'solid-js'
import type { Details } from '../../api/types.js'
import { duration, things } from '../../format.js'
import { State } from '../../parts/small.jsx'

type Attempt = Details['attempts'][number]

/** Each call to an upstream: which account, why that one, and what came of it. */
export function Attempts(props: { request: Details }) {
  return (
    <section class="part">
      <h3>
        Attempts <small>{props.request.attempts.length}</small>
      </h3>
      <Show when={props.request.attempts.length > 0} fallback={<p class="muted">No upstream was called.</p>}>
        <ol class="attempts">
          <For each={props.request.attempts}>
            {(attempt, i) => (
              <One
                attempt={attempt}
                broken={props.request.ending === 'broken' && i() === props.request.attempts.length - 1}
              />
            )}
          </For>
        </ol>
      </Show>
    </section>
  )
}

function One(props: { attempt: Attempt; broken: boolean }) {
  const failed = () => props.broken || props.attempt.error !== undefined || (props.attempt.status ?? 0) >= 400
  return (
    <li>
      <State level={failed() ? 'bad' : 'good'}>
        {props.attempt.status ?? props.attempt.failure ?? 'no answer'}
        <Show when={props.broken}>, broke off</Show>
      </State>{' '}
      <b>
        <bdi>{props.attempt.account}</bdi>
      </b>{' '}
      <span class="muted">
        {props.attempt.upstream} · <span class="mono">{props.attempt.model}</span> ·{' '}
        {duration(props.attempt.ms)}
      </span>
      <Show when={props.attempt.choice}>
        {(choice) => (
          <div class="why">
            Chosen because {choiceWords[choice().reason] ?? choice().reason}
            <Show when={choice().others.length > 0}>
              ;{' '}
              {choice()
                .others.map(({ account, lacks }) => `${account}: ${lacks}`)
                .join(', ')}
            </Show>
          </div>
        )}
      </Show>
      <Show when={props.attempt.error}>
        {(error) => (
          <div class="bad">
            <bdi>{error()}</bdi>
            <Show when={props.attempt.words}>
              {(words) => (
                <>
                  : <bdi>“{words()}”</bdi>
                </>
              )}
            </Show>
          </div>
        )}
      </Show>
      <Show when={props.attempt.cooldown}>
        {(cooldown) => (
          <div class="warn">
            {props.attempt.account} cools down{' '}
            {cooldown().ms === null ? 'until the config changes' : duration(cooldown().ms)} (
            {cooldown().reason.replaceAll('-', ' ')})
          </div>
        )}
      </Show>
      <Show when={props.attempt.outputTokens !== undefined}>
        <div class="muted">
          {things(props.attempt.outputTokens!, 'token')} out
          <Show when={props.attempt.tokensPerSecond}>{(speed) => `, ${Math.round(speed())} a second`}</Show>
          <Show when={(props.attempt.longestGapMs ?? 0) >= 1000}>
            , longest silence {duration(props.attempt.longestGapMs)}
          </Show>
          <Show when={props.attempt.stopReason}>{(reason) => `, stopped by ${reason()}`}</Show>
        </div>
      </Show>
    </li>
  )
}

/** The reasons of `Choice`, in words. */
const choiceWords: Readonly<Record<string, string>> = {
  pinned: 'the session is at home there',
  parent: 'the session that started this agent is at home there',
  preferred: 'a plugin asked for it',
  only: 'no other serves the model',
  tier: 'it is the first in the order of preference with room',
  'less-loaded': 'it has less to do than its equals',
  overflow: 'the session’s own account is full',
  failing: 'no other is left, though it fails',
}
