import { createMemo, For, Show } from 'solid-js'
import type { Details } from '../../api/types.js'
import { duration, things } from '../../format.js'
import { Diff } from '../../parts/diff.jsx'

type Passage = Details['plugins'][number]

/** What each plugin made of the request: path, before, after, and why. */
export function ChainChanges(props: { request: Details }) {
  const changed = createMemo(() => props.request.plugins.filter(({ changes }) => (changes?.length ?? 0) > 0))
  const quiet = createMemo(() => [
    ...new Set(props.request.plugins.filter(({ changes }) => !changes?.length).map(({ plugin }) => plugin)),
  ])
  const notes = createMemo(() => {
    const seen = new Set<string>()
    return props.request.notes.filter(({ plugin, text }) => seen.size < seen.add(`${plugin} ${text}`).size)
  })
  const several = () => props.request.attempts.length > 1
  return (
    <section class="part">
      <h3>
        Chain <small>{things(changed().length, 'plugin')} changed it</small>
      </h3>
      <For each={changed()}>{(passage) => <Changes passage={passage} several={several()} />}</For>
      <Show when={quiet().length > 0}>
        <p class="muted">Left it alone: {quiet().join(', ')}</p>
      </Show>
      <For each={notes()}>
        {({ plugin, text }) => (
          <p class="note">
            <b>{plugin}</b> <bdi>{text}</bdi>
          </p>
        )}
      </For>
    </section>
  )
}

function Changes(props: { passage: Passage; several: boolean }) {
  const spent = () =>
    props.passage.passed === undefined ? undefined : props.passage.passed - (props.passage.in ?? 0)
  return (
    <details class="changes">
      <summary>
        <b>{props.passage.plugin}</b> {things(props.passage.changes!.length, 'change')}
        <Show when={props.several && props.passage.attempt}>
          {(n) => <span class="muted"> in attempt {n()}</span>}
        </Show>
        <span class="muted paths">
          {' '}
          {props.passage
            .changes!.slice(0, 3)
            .map(({ path }) => path)
            .join(', ')}
        </span>
        <Show when={(spent() ?? 0) >= 1}>
          <span class="muted spent">{duration(spent())}</span>
        </Show>
      </summary>
      <Show when={props.passage.reason}>
        {(reason) => (
          <p class="why">
            <bdi>{reason()}</bdi> <span class="muted">(docs/plugins/{props.passage.plugin}.md)</span>
          </p>
        )}
      </Show>
      <dl class="diff">
        <For each={props.passage.changes}>
          {({ path, before, after }) => <Diff path={path} before={before} after={after} />}
        </For>
      </dl>
    </details>
  )
}
