import { Match, Show, Switch } from 'solid-js'
import type { Row } from '../../api/types.js'
import type { Item } from '../../data/items.js'
import { type Agent, modelOf, type Prompt } from '../../data/prompts.js'
import { cacheShare, isFailed, isMissed } from '../../data/sums.js'
import { shortTrouble } from '../../data/troubles.js'
import { duration, money, NONE, shortId, things, time, tokens } from '../../format.js'
import { CacheShare } from '../../parts/small.jsx'
import { withQuery } from '../../route.js'

export function ItemLine(props: {
  item: Item
  current: boolean
  opened: string | null
  onAct: (item: Item) => void
}) {
  return (
    <Switch>
      <Match when={props.item.kind === 'prompt' && props.item}>
        {(item) => (
          <button
            type="button"
            class="line prompt"
            classList={{ current: props.current, failed: item().prompt.failed > 0 }}
            aria-expanded={item().open}
            onClick={() => props.onAct(props.item)}
          >
            <PromptCells prompt={item().prompt} />
          </button>
        )}
      </Match>
      <Match when={props.item.kind === 'agent' && props.item}>
        {(item) => (
          <div class="line agent" classList={{ current: props.current }}>
            <AgentCells agent={item().agent} />
          </div>
        )}
      </Match>
      <Match when={props.item.kind === 'request' && props.item}>
        {(item) => (
          <a
            class="line request"
            classList={{
              current: props.current,
              failed: isFailed(item().row),
              opened: props.opened === item().row.id,
            }}
            aria-current={props.opened === item().row.id ? 'true' : undefined}
            href={withQuery({ open: item().row.id })}
          >
            <RequestCells row={item().row} />
          </a>
        )}
      </Match>
    </Switch>
  )
}

function PromptCells(props: { prompt: Prompt }) {
  return (
    <>
      <span class="at">{time(props.prompt.from)}</span>
      <span class="what">
        <Show when={props.prompt.text} fallback={<span class="mono muted">{titleOf(props.prompt)}</span>}>
          <bdi>{props.prompt.text}</bdi>
        </Show>
      </span>
      <span class="who">{pathOf(props.prompt.agents)}</span>
      <span class="n">
        {props.prompt.requests} <small>req</small>
        <Show when={props.prompt.failed > 0}>
          <b class="bad" title={things(props.prompt.failed, 'failed request')}>
            {' '}
            ✕{props.prompt.failed}
          </b>
        </Show>
      </span>
      <span class="ms">{duration(props.prompt.to - props.prompt.from)}</span>
      <span class="cost" title={`${tokens(props.prompt.sent)} tokens in, ${tokens(props.prompt.output)} out`}>
        {props.prompt.cost === undefined
          ? `${tokens(props.prompt.sent + props.prompt.output)} tok`
          : money(props.prompt.cost)}
      </span>
      <CacheShare share={cacheShare(props.prompt)} misses={props.prompt.misses} lost={props.prompt.lost} />
    </>
  )
}

/** Without words of the prompt: who asked what. */
function titleOf({ session, prompt, rows }: Prompt): string {
  const name = prompt === undefined ? rows[0]!.id : prompt
  return session === undefined ? shortId(name, 18) : `${shortId(session)} · ${shortId(name, 12)}`
}

/** `main ▸ Explore ×3 ▸ test-runner`, in the order in which they began. */
function pathOf(agents: readonly Agent[]): string {
  const names = new Map<string, number>()
  for (const { name } of agents) names.set(name, (names.get(name) ?? 0) + 1)
  return [...names].map(([name, n]) => (n > 1 ? `${name} ×${n}` : name)).join(' ▸ ')
}

function AgentCells(props: { agent: Agent }) {
  return (
    <>
      <span class="at" aria-hidden="true">
        ├
      </span>
      <span class="what">
        <bdi>{props.agent.name}</bdi> <span class="muted mono">{props.agent.models.join(', ')}</span>
      </span>
      <span class="who muted">{props.agent.parent ? `started by ${shortId(props.agent.parent)}` : ''}</span>
      <span class="n">
        {props.agent.requests} <small>req</small>
      </span>
      <span class="ms" />
      <span class="cost">
        {props.agent.cost === undefined
          ? `${tokens(props.agent.sent + props.agent.output)} tok`
          : money(props.agent.cost)}
      </span>
      <CacheShare share={cacheShare(props.agent)} misses={props.agent.misses} lost={props.agent.lost} />
    </>
  )
}

function RequestCells(props: { row: Row }) {
  const sent = () =>
    (props.row.inputTokens ?? 0) + (props.row.cacheReadTokens ?? 0) + (props.row.cacheCreationTokens ?? 0)
  const result = () =>
    props.row.ending === 'complete'
      ? String(props.row.status ?? NONE)
      : `${props.row.status ?? ''} ${props.row.ending}`
  return (
    <>
      <span class="at">{time(props.row.at)}</span>
      <span class="what">
        <b class={isFailed(props.row) ? 'bad' : 'good'}>{result()}</b>{' '}
        <Show when={shortTrouble(props.row)}>
          {(trouble) => (
            <>
              <bdi class={trouble().level}>{trouble().words}</bdi>{' '}
            </>
          )}
        </Show>
        <span class="mono">{modelOf(props.row) ?? NONE}</span>
      </span>
      <span class="who">
        {props.row.account ?? NONE}
        <Show when={props.row.attempts > 1}>
          <span class="warn"> ⟳{props.row.attempts}</span>
        </Show>
      </span>
      <span class="n">
        {tokens(sent())} → {tokens(props.row.outputTokens)}
      </span>
      <span class="ms">{duration(props.row.ms)}</span>
      <span class="cost">{money(props.row.cost)}</span>
      <CacheShare
        share={sent() > 0 ? (props.row.cacheReadTokens ?? 0) / sent() : undefined}
        misses={isMissed(props.row.cache) ? 1 : 0}
        lost={props.row.lostTokens ?? 0}
      />
    </>
  )
}
