import { Show } from 'solid-js'
import type { Details } from '../../api/types.js'
import { isMissed } from '../../data/sums.js'
import { money, tokens } from '../../format.js'
import { Diff } from '../../parts/diff.jsx'
import { State } from '../../parts/small.jsx'

/** What the prompt cache did, and why. */
export function CacheVerdict(props: { request: Details }) {
  return (
    <section class="part">
      <h3>Cache</h3>
      <Show
        when={props.request.cache}
        fallback={
          <p class="muted">
            {props.request.session === undefined
              ? 'No session is known, so there is nothing to compare with.'
              : 'No tokens were counted, so there is nothing to compare.'}
          </p>
        }
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
                <>
                  <p>
                    First change: <code>{path()}</code>
                    <Show when={cache().tool}>
                      {(tool) => (
                        <>
                          {' '}
                          of the tool <code>{tool()}</code>
                        </>
                      )}
                    </Show>
                    <Show when={cache().plugin}>{(plugin) => <>, made by the plugin {plugin()}</>}</Show>
                  </p>
                  <dl class="diff">
                    <Diff path={path()} before={cache().before} after={cache().after} />
                  </dl>
                  <Show when={props.request.bodySizes === undefined}>
                    <p class="muted">
                      Texts are shown as their lengths;{' '}
                      <code>
                        trace: {'{'} bodies: true {'}'}
                      </code>{' '}
                      shows the words.
                    </p>
                  </Show>
                </>
              )}
            </Show>
            <Show when={cache().detail}>{(detail) => <p class="muted">{detail()}</p>}</Show>
            <Show when={cache().official}>
              {(official) => (
                <p>
                  <span class="muted">Anthropic says:</span> <bdi>{officialWords(official())}</bdi>
                </p>
              )}
            </Show>
          </>
        )}
      </Show>
    </section>
  )
}

type Official = NonNullable<NonNullable<Details['cache']>['official']>

function officialWords({ reason, missedTokens }: Official): string {
  if (reason === null) return 'it found no difference'
  const lost = missedTokens === undefined ? '' : `, about ${tokens(missedTokens)} tokens missed`
  return `${reasons[reason] ?? reason.replaceAll('_', ' ')}${lost}`
}

/** The reasons of its `cache_miss_reason`, in words. */
const reasons: Readonly<Record<string, string>> = {
  system_changed: 'the system prompt changed',
  tools_changed: 'the tools changed',
  messages_changed: 'the messages changed',
  model_changed: 'the model changed',
  previous_message_not_found: 'it no longer knows the turn before',
  unavailable: 'it cannot tell',
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
