import { For, type JSX } from 'solid-js'

/** A column by its name; `num` stands to the right. */
export type Column = string | { readonly num: string }

/** A table that scrolls sideways by itself; the rows are its children. */
export function Table(props: { columns: readonly Column[]; class?: string; children: JSX.Element }) {
  return (
    <div class="scroll">
      <table class={props.class}>
        <thead>
          <tr>
            <For each={props.columns}>
              {(column) =>
                typeof column === 'string' ? <th>{column}</th> : <th class="num">{column.num}</th>
              }
            </For>
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  )
}
