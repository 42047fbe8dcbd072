import { Show } from 'solid-js'
import type { Details } from '../../api/types.js'
import { isMissed } from '../../data/sums.js'
import { money, tokens } from '../../format.js'
import { State } from '../../parts/small.jsx'

/** What the prompt cache did, and why. */
export function CacheVerdict(props: { request: Details }) {
  return (
    <section class="part">
      <h3>Cache</h3>
      <Show
        when={props.request.cache}
        fallback={<p class="muted">No session is known, so there is nothing to compare with.</p>}
      >
        {(cache) => (
          <>
            <p>
              <State level={isMissed(cache().verdict) ? 'warn' : cache().verdict === 'hit' ? 'good' : 'idle'}>
                {verdicts[cache().verdict] ?? cache().verdict}
              </State>
            </p>
            <Show when={cache().lostTokens}>
              {(lost) => (
                <p>
                  {tokens(cache().expectedTokens)} tokens were in the cache after the turn before,{' '}
                  {tokens(cache().cachedTokens)} came out of it: {tokens(lost())} paid again
                  {cache().lostCost ? `, ${money(cache().lostCost)}` : ''}.
                </p>
              )}
            </Show>
            <Show when={cache().path}>
              {(path) => (
                <p>
                  First change: <code>{path()}</code>
                  <Show when={cache().plugin}>{(plugin) => <>, made by the plugin {plugin()}</>}</Show>
                </p>
              )}
            </Show>
            <Show when={cache().detail}>{(detail) => <p class="muted">{detail()}</p>}</Show>
          </>
        )}
      </Show>
    </section>
  )
}

/** The verdicts of the cache doctor, in words. */
const verdicts: Readonly<Record<string, string>> = {
  hit: 'It held',
  first: 'First turn of this conversation',
  none: 'The upstream tells of no cache',
  upstream: 'Missed: another upstream answered',
  account: 'Missed: another account answered',
  model: 'Missed: another model answered',
  prefix: 'Missed: the beginning of the prompt changed',
  expired: 'Missed: its time had passed',
  unknown: 'Missed, and nothing here explains it',
}
