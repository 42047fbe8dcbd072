import { createMemo, For, Show } from 'solid-js'
import type { RequestsAnswer, Row } from '../../api/types.js'
import { modelOf } from '../../data/prompts.js'
import { cacheShare, isFailed, isMissed } from '../../data/sums.js'
import { type AgentNode, agentsOf } from '../../data/tree.js'
import { shortTrouble } from '../../data/troubles.js'
import { count, money, things, tokens } from '../../format.js'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { CacheShare, Empty } from '../../parts/small.jsx'
import { href, route, withQuery } from '../../route.js'
import { WentWrong } from './went-wrong.jsx'

const EVERY = 5_000

/** One session: its agents as a tree, and what the cache did at each turn. */
export function Session(props: { id: string }) {
  const load = createLoad<RequestsAnswer>(
    () => `requests?limit=200&session=${encodeURIComponent(props.id)}`,
    EVERY,
  )
  return (
    <>
      <p>
        <a href={href('sessions')}>Sessions</a> <span class="muted">/</span>{' '}
        <span class="mono">{props.id}</span>
      </p>
      <Loaded load={load}>
        {(answer) => (
          <Show
            when={answer().requests.length > 0}
            fallback={<Empty title="Nothing of this session is kept" command="agproxy usage --by session" />}
          >
            <Tree rows={answer().requests} more={answer().next !== undefined} />
          </Show>
        )}
      </Loaded>
    </>
  )
}

function Tree(props: { rows: readonly Row[]; more: boolean }) {
  const agents = createMemo(() => agentsOf(props.rows))
  return (
    <>
      <Show when={props.more}>
        <p class="muted">The newest {things(props.rows.length, 'request')} of this session.</p>
      </Show>
      <ul class="tree">
        <For each={agents()}>{(agent) => <Agent agent={agent} />}</For>
      </ul>
      <p class="legend muted">
        <i class="turn held">■</i> held <i class="turn first">□</i> first, or no cache{' '}
        <i class="turn missed">!</i> missed <i class="turn failed">✕</i> failed
      </p>
      <WentWrong rows={props.rows} />
    </>
  )
}

function Agent(props: { agent: AgentNode }) {
  return (
    <li class="agent-node" style={{ '--depth': props.agent.depth }}>
      <div class="agent-head">
        <b>
          <bdi>{props.agent.name}</bdi>
        </b>
        <span class="muted mono">{modelOf(props.agent.turns.at(-1)!)}</span>
        <span>{things(props.agent.requests, 'turn')}</span>
        <span>
          {tokens(props.agent.sent)} in, {tokens(props.agent.output)} out
        </span>
        <span>{money(props.agent.cost)}</span>
        <CacheShare share={cacheShare(props.agent)} misses={props.agent.misses} lost={props.agent.lost} />
      </div>
      <div class="strip">
        <For each={props.agent.turns}>{(turn, i) => <Turn turn={turn} n={i() + 1} />}</For>
      </div>
    </li>
  )
}

function Turn(props: { turn: Row; n: number }) {
  const kind = () =>
    isFailed(props.turn)
      ? 'failed'
      : isMissed(props.turn.cache)
        ? 'missed'
        : props.turn.cache === 'hit'
          ? 'held'
          : 'first'
  const words = () => {
    const { cacheReadTokens, cache, status } = props.turn
    const why = shortTrouble(props.turn)?.words
    if (isFailed(props.turn)) return `turn ${props.n}, ${status ?? 'no answer'}: ${why}`
    if (isMissed(cache)) return `turn ${props.n}, the cache missed: ${why}`
    return `turn ${props.n}, ${count(cacheReadTokens)} tokens from the cache`
  }
  return (
    <a
      class={`turn ${kind()}`}
      href={withQuery({ open: props.turn.id })}
      title={words()}
      aria-label={words()}
      aria-current={route().query.get('open') === props.turn.id ? 'true' : undefined}
    >
      {{ failed: '✕', missed: '!', held: '■', first: '□' }[kind()]}
    </a>
  )
}
