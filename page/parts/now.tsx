import { createMemo, createSignal, For, onCleanup, Show } from 'solid-js'
import { call } from '../api/client.js'
import type { Now } from '../api/types.js'
import type { Feed } from '../data/feed.js'
import { count, duration, money, NONE, percent, things, time } from '../format.js'
import { Fact, Meter, Spark } from './small.jsx'

type Window = Now['accounts'][number]['windows'][number]

const MOST_PLANS = 2

/** What is asked first: is it working now, and what did it cost today. */
export function NowStrip(props: { feed: Feed }) {
  const lately = () => props.feed.lately()
  const today = createToday()
  /** Of each window the account of which most is used. */
  const plans = createMemo(() => {
    const most = new Map<string, Window & { account: string }>()
    for (const { id, windows } of props.feed.now()?.accounts ?? [])
      for (const window of windows)
        if (window.used > (most.get(window.name)?.used ?? -1))
          most.set(window.name, { account: id, ...window })
    return [...most.values()].slice(0, MOST_PLANS)
  })
  const streams = () => {
    const now = props.feed.now()
    if (!now) return NONE
    return `${count(now.inFlight)}${now.waiting > 0 ? ` + ${now.waiting} waiting` : ''}`
  }
  return (
    <section class="now" aria-label="Now">
      <Fact name="streams" title="Requests under way at this moment">
        {streams()}
      </Fact>
      <Fact name="speed" title="Of a typical stream in the last half hour">
        <Show when={lately().speed} fallback={NONE}>
          {(speed) => (
            <>
              {Math.round(speed())} <small>tok/s</small>
            </>
          )}
        </Show>
      </Fact>
      <Fact name="first content" title="Half of the requests of the last half hour are faster, and 95 of 100">
        {duration(lately().p50)} <small>p95 {duration(lately().p95)}</small>
      </Fact>
      <Fact name="cache" title="Share of the prompts' tokens that came from a cache, in the last half hour">
        {percent(lately().cache)}{' '}
        <Spark
          values={lately().caches}
          label={`In ${things(lately().requests, 'request')} of the last half hour`}
        />
      </Fact>
      <For each={plans()}>
        {({ account, name, used, resets }) => (
          <Fact name={`plan ${name}`} title={`Of the plan of account ${account}`}>
            <Meter share={used} label={`Used of the plan of ${account}`} /> {percent(used)}{' '}
            <Show when={resets}>{(at) => <small>resets {time(at())}</small>}</Show>
          </Fact>
        )}
      </For>
      <Show when={today()}>
        {(sums) => (
          <Fact
            name="today"
            title="As the ledger has it; and what the models would have cost that the client asked for"
          >
            {money(sums().cost)}{' '}
            <Show when={sums().listCost > 0 && sums().listCost !== sums().cost}>
              <small>by the client’s names {money(sums().listCost)}</small>
            </Show>
          </Fact>
        )}
      </Show>
    </section>
  )
}

interface Today {
  readonly cost: number
  readonly listCost: number
}

/** Milliseconds: the list comes first. */
const AFTER = 800
const EVERY = 60_000

/** Of this day, where there is a ledger. */
function createToday(): () => Today | undefined {
  const [sums, setSums] = createSignal<Today>()
  const day = () => {
    const now = new Date()
    const two = (n: number) => String(n).padStart(2, '0')
    return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  }
  let timer: ReturnType<typeof setTimeout>
  const load = async () => {
    if (document.visibilityState === 'visible')
      try {
        setSums((await call<{ total: Today }>(`usage?by=day&since=${day()}`)).total)
      } catch {
        // There is no ledger, or it does not answer now: nothing is shown.
      }
    timer = setTimeout(load, EVERY)
  }
  timer = setTimeout(load, AFTER)
  onCleanup(() => clearTimeout(timer))
  return sums
}
