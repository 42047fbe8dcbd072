import { For, Show } from 'solid-js'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { Table } from '../../parts/table.jsx'
import type { ChainRoute } from './answer.js'

/** What a plugin's section answers: words, a table, or both. All of it is shown as text. */
interface Section {
  readonly title?: string
  readonly text?: string
  readonly columns?: readonly string[]
  readonly rows?: readonly (readonly unknown[])[]
}

const PLACE = '/_agproxy/api/sections/'
const MOST_ROWS = 200

/** Sections that plugins bring: each `GET /_agproxy/api/sections/…` of theirs. */
export function Sections(props: { routes: readonly ChainRoute[] }) {
  const paths = () =>
    props.routes.filter(
      ({ method, path }) => method === 'GET' && path.startsWith(PLACE) && !path.includes('{'),
    )
  return <For each={paths()}>{({ path }) => <One path={path.slice('/_agproxy/api/'.length)} />}</For>
}

function One(props: { path: string }) {
  const load = createLoad<Section>(() => props.path)
  return (
    <Loaded load={load}>
      {(section) => (
        <article class="card">
          <h2>{section().title ?? props.path}</h2>
          <Show when={section().text}>{(text) => <p class="words">{text()}</p>}</Show>
          <Show when={section().rows}>
            {(rows) => (
              <Table columns={(section().columns ?? []).map(String)}>
                <For each={rows().slice(0, MOST_ROWS)}>
                  {(row) => (
                    <tr>
                      <For each={row}>{(cell) => <td>{String(cell)}</td>}</For>
                    </tr>
                  )}
                </For>
              </Table>
            )}
          </Show>
        </article>
      )}
    </Loaded>
  )
}
