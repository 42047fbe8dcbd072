import { Show } from 'solid-js'

/** What was there and what is there now, at one place of a body. */
export function Diff(props: { path: string; before: string | undefined; after: string | undefined }) {
  return (
    <div>
      <dt class="mono">{props.path}</dt>
      <Show when={props.before !== undefined}>
        <dd class="before">
          <span aria-hidden="true">−</span>
          <span class="hidden">before: </span>
          <bdi>{props.before}</bdi>
        </dd>
      </Show>
      <Show when={props.after !== undefined}>
        <dd class="after">
          <span aria-hidden="true">+</span>
          <span class="hidden">after: </span>
          <bdi>{props.after}</bdi>
        </dd>
      </Show>
    </div>
  )
}
