import { For, Index, Show } from 'solid-js'
import type {
  AccountAnswer,
  AccountError,
  AccountsAnswer,
  CooldownAnswer,
  ErrorsAnswer,
} from '../../api/types.js'
import { errorWords } from '../../data/error-words.js'
import { percent, things, time } from '../../format.js'
import { createCall } from '../../parts/call.jsx'
import { Left } from '../../parts/left.jsx'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { Empty, Fact, Meter, State } from '../../parts/small.jsx'
import { href, withQuery } from '../../route.js'

const EVERY = 3_000

export default function Accounts() {
  const load = createLoad<AccountsAnswer>(() => 'accounts', EVERY)
  // Where no trace is kept there is nothing to say.
  const errors = createLoad<ErrorsAnswer>(() => 'errors', EVERY)
  const lastError = (id: string) => errors.value()?.errors.find(({ account }) => account === id)
  return (
    <section class="view" aria-label="Accounts">
      <Loaded load={load}>
        {(answer) => (
          <Show
            when={answer().accounts.length > 0}
            fallback={
              <Empty title="No account" command="agproxy init">
                Requests have nowhere to go yet. A key in the environment (<code>ZAI_API_KEY</code>,{' '}
                <code>AGPROXY_ANTHROPIC_API_KEY</code>) or <code>accounts</code> in the config makes one.
              </Empty>
            }
          >
            <Show when={answer().waiting > 0}>
              <p class="warn">{things(answer().waiting, 'request')} waiting for an account</p>
            </Show>
            <ul class="cards">
              <Index each={answer().accounts}>
                {(account) => (
                  <Card
                    account={account()}
                    error={lastError(account().id)}
                    onCleared={() => void load.load()}
                  />
                )}
              </Index>
            </ul>
          </Show>
        )}
      </Loaded>
    </section>
  )
}

function Card(props: { account: AccountAnswer; error: AccountError | undefined; onCleared: () => void }) {
  const clear = createCall(() => ({
    method: 'DELETE',
    path: `accounts/${encodeURIComponent(props.account.id)}/cooldowns`,
  }))
  const load = () => {
    const { inFlight, maxConcurrent } = props.account
    return maxConcurrent === undefined ? `${inFlight} in flight` : `${inFlight} of ${maxConcurrent}`
  }
  const state = () => {
    const { usable, cooldowns } = props.account
    if (!usable) return { level: 'bad', words: 'in cooldown' } as const
    if (cooldowns.some(({ model }) => model === null))
      return { level: 'warn', words: 'the last choice, after a server error' } as const
    if (cooldowns.length > 0) return { level: 'warn', words: 'in cooldown for some models' } as const
    return { level: 'good', words: 'serving' } as const
  }
  return (
    <li class="card" id={`account-${props.account.id}`}>
      <h2>
        <bdi>{props.account.id}</bdi> <small class="muted">{props.account.upstream}</small>
      </h2>
      <State level={state().level}>{state().words}</State>
      <div class="facts">
        <Fact name="load">{load()}</Fact>
        <Show when={props.account.priority !== undefined}>
          <Fact name="priority">{props.account.priority}</Fact>
        </Show>
        <Show when={props.account.weight !== undefined}>
          <Fact name="weight">{props.account.weight}</Fact>
        </Show>
        <Show when={props.account.email}>{(email) => <Fact name="e-mail">{email()}</Fact>}</Show>
      </div>
      <For each={props.account.windows}>
        {({ name, used, resets }) => (
          <div class="row">
            <span class="muted">plan {name}</span>
            <Meter share={used} label={`Used of the plan's ${name}`} />
            <b>{percent(used)}</b>
            <Show when={resets}>{(at) => <span class="muted">resets {time(at())}</span>}</Show>
          </div>
        )}
      </For>
      <For each={props.account.cooldowns}>{(cooldown) => <Cooldown cooldown={cooldown} />}</For>
      <Show when={props.error}>{(error) => <LastError error={error()} />}</Show>
      <div class="row">
        <Show when={props.account.cooldowns.length > 0}>
          <button
            type="button"
            class="button"
            disabled={clear.running()}
            onClick={() => void clear.run().then((done) => done && props.onCleared())}
          >
            Clear the cooldown
          </button>
        </Show>
        <a href={href('live', [], { q: props.account.id })}>its requests</a>
      </div>
      <Show when={clear.problem()}>{(words) => <p class="problem">{words()}</p>}</Show>
    </li>
  )
}

function LastError(props: { error: AccountError }) {
  return (
    <p>
      <span class="muted">Last error, {time(props.error.at)}: </span>
      <bdi>{errorWords(props.error)}</bdi>{' '}
      <Show when={props.error.status !== undefined && props.error.words === undefined}>
        <span class="muted">
          (
          <code>
            trace: {'{'} bodies: true {'}'}
          </code>{' '}
          keeps the upstream’s own words)
        </span>{' '}
      </Show>
      <a href={withQuery({ open: props.error.request })}>show</a>
    </p>
  )
}

function Cooldown(props: { cooldown: CooldownAnswer }) {
  const until = () => (props.cooldown.until === null ? null : Date.parse(props.cooldown.until))
  return (
    <p class="cooldown">
      <b class="countdown">
        <Left until={until()} />
      </b>
      : {props.cooldown.reason.replaceAll('-', ' ')}
      <Show when={props.cooldown.model}>{(model) => <span class="mono"> for {model()}</span>}</Show>
      <Show when={props.cooldown.failures > 1}>
        <span class="muted">, {props.cooldown.failures} times in a row</span>
      </Show>
      <Show when={props.cooldown.until}>{(until) => <span class="muted">, until {time(until())}</span>}</Show>
    </p>
  )
}
