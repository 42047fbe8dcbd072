import { createMemo, For, Show } from 'solid-js'
import type { Row } from '../api/types.js'
import { type Trouble, troublesOf } from '../data/troubles.js'

/** What went wrong in a request, why, and what it cost; nothing where all went well. */
export function Troubles(props: { row: Row }) {
  const troubles = createMemo(() => troublesOf(props.row))
  return (
    <Show when={troubles().length > 0}>
      <ul class="troubles" aria-label="What went wrong">
        <For each={troubles()}>
          {(trouble) => (
            <li class={trouble.level}>
              <Said {...trouble} />
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}

/** `▲ The cache missed. Tools changed, … → Connect MCP servers before … (docs/plugins/trace.md)` */
export function Said(props: Trouble) {
  return (
    <>
      <b>
        <span aria-hidden="true">{props.level === 'bad' ? '✕' : '▲'}</span> {props.what}.
      </b>{' '}
      <bdi>{props.words}</bdi>{' '}
      <span class="next">
        <span aria-hidden="true">→</span> <span class="hidden">What to do next: </span>
        <bdi>{props.next.words}</bdi>
        <Show when={props.next.doc}>{(doc) => <span class="muted"> ({doc()})</span>}</Show>
      </span>
    </>
  )
}
