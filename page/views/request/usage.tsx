import { Show } from 'solid-js'
import type { Details } from '../../api/types.js'
import { money, NONE, tokens } from '../../format.js'
import { Fact } from '../../parts/small.jsx'

export function Usage(props: { request: Details }) {
  const sent = () =>
    (props.request.inputTokens ?? 0) +
    (props.request.cacheReadTokens ?? 0) +
    (props.request.cacheCreationTokens ?? 0)
  const off = () => {
    const { estimateError } = props.request
    return estimateError === undefined
      ? ''
      : ` (${estimateError > 0 ? '+' : ''}${(estimateError * 100).toFixed(1)} %)`
  }
  return (
    <section class="part">
      <h3>Usage</h3>
      <Show
        when={props.request.usageKnown}
        fallback={<p class="muted">No answer said how many tokens it took.</p>}
      >
        <div class="facts">
          <Fact name="in">{tokens(sent())}</Fact>
          <Fact name="from the cache">{tokens(props.request.cacheReadTokens)}</Fact>
          <Fact name="into the cache">{tokens(props.request.cacheCreationTokens)}</Fact>
          <Fact name="out">{tokens(props.request.outputTokens)}</Fact>
          <Fact name="cost">{props.request.plan ? 'plan' : money(props.request.cost)}</Fact>
          <Fact name="as asked" title="What the model that the client asked for would have cost">
            {money(props.request.listCost)}
          </Fact>
          <Fact name="estimated" title="Reckoned before it was sent, and how far off that was">
            {props.request.estimatedTokens === undefined
              ? NONE
              : `${tokens(props.request.estimatedTokens)}${off()}`}
          </Fact>
        </div>
      </Show>
    </section>
  )
}
