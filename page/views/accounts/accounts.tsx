import { For, Show } from 'solid-js'
import type { AccountAnswer, AccountsAnswer, CooldownAnswer } from '../../api/types.js'
import { createTicker } from '../../data/ticker.js'
import { duration, percent, things, time } from '../../format.js'
import { createCall } from '../../parts/call.jsx'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { Empty, Fact, Meter, State } from '../../parts/small.jsx'
import { href } from '../../route.js'

const EVERY = 3_000

export default function Accounts() {
  const load = createLoad<AccountsAnswer>(() => 'accounts', EVERY)
  const now = createTicker()
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
              <For each={answer().accounts}>
                {(account) => <Card account={account} now={now()} onCleared={() => void load.load()} />}
              </For>
            </ul>
          </Show>
        )}
      </Loaded>
    </section>
  )
}

function Card(props: { account: AccountAnswer; now: number; onCleared: () => void }) {
  const clear = createCall(() => ({
    method: 'DELETE',
    path: `accounts/${encodeURIComponent(props.account.id)}/cooldowns`,
  }))
  const load = () => {
    const { inFlight, maxConcurrent } = props.account
    return maxConcurrent === undefined ? `${inFlight} in flight` : `${inFlight} of ${maxConcurrent}`
  }
  const partly = () => props.account.usable && props.account.cooldowns.length > 0
  return (
    <li class="card" id={`account-${props.account.id}`}>
      <h2>
        <bdi>{props.account.id}</bdi> <small class="muted">{props.account.upstream}</small>
      </h2>
      <State level={!props.account.usable ? 'bad' : partly() ? 'warn' : 'good'}>
        {!props.account.usable ? 'out' : partly() ? 'out for some models' : 'serving'}
      </State>
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
      <For each={props.account.cooldowns}>
        {(cooldown) => <Cooldown cooldown={cooldown} now={props.now} />}
      </For>
      <div class="row">
        <Show when={props.account.cooldowns.length > 0}>
          <button
            type="button"
            class="button"
            disabled={clear.running()}
            onClick={() => void clear.run().then(props.onCleared)}
          >
            Clear, try it again at once
          </button>
        </Show>
        <a href={href('live', [], { q: props.account.id })}>its requests</a>
      </div>
      <Show when={clear.problem()}>{(words) => <p class="problem">{words()}</p>}</Show>
    </li>
  )
}

function Cooldown(props: { cooldown: CooldownAnswer; now: number }) {
  const left = () =>
    props.cooldown.until === null ? undefined : Date.parse(props.cooldown.until) - props.now
  return (
    <p class="cooldown">
      <b class="countdown" role="timer">
        {left() === undefined
          ? 'until its key is changed'
          : duration(Math.max(0, Math.ceil(left()! / 1000) * 1000))}
      </b>{' '}
      {props.cooldown.reason.replaceAll('-', ' ')}
      <Show when={props.cooldown.model}>{(model) => <span class="mono"> for {model()}</span>}</Show>
      <Show when={props.cooldown.failures > 1}>
        <span class="muted">, {props.cooldown.failures} times in a row</span>
      </Show>
      <Show when={props.cooldown.until}>{(until) => <span class="muted">, until {time(until())}</span>}</Show>
    </p>
  )
}
