import { For, Show } from 'solid-js'
import { createLoad, Loaded } from '../../parts/load.jsx'
import { Table } from '../../parts/table.jsx'
import type { ChainAnswer, ChainPlugin } from './answer.js'
import { Sections } from './sections.jsx'

const PHASES: Readonly<Record<string, string>> = {
  request: 'Once a request',
  dispatch: 'Around the attempts',
  attempt: 'Anew for each attempt',
  upstream: 'Upstreams',
}

export default function Chain() {
  const load = createLoad<ChainAnswer>(() => 'chain')
  return (
    <section class="view" aria-label="Chain">
      <Loaded load={load}>
        {(chain) => (
          <>
            <p class="muted">
              Config <span class="mono">{chain().config ?? 'none found, defaults in force'}</span> · preset{' '}
              {chain().presets.join(', ')}
            </p>
            <For each={Object.keys(PHASES)}>
              {(phase) => (
                <Phase
                  name={PHASES[phase]!}
                  plugins={chain().plugins.filter((each) => each.phase === phase)}
                />
              )}
            </For>
            <Sections routes={chain().endpoints} />
            <details class="card">
              <summary>Routes of the gateway’s plugins</summary>
              <ul class="plain mono">
                <For each={chain().endpoints}>
                  {({ method, path, access, plugin }) => (
                    <li>
                      {method} {path}{' '}
                      <span class="muted">
                        {access}, {plugin ?? 'the gateway'}
                      </span>
                    </li>
                  )}
                </For>
              </ul>
            </details>
          </>
        )}
      </Loaded>
    </section>
  )
}

function Phase(props: { name: string; plugins: readonly ChainPlugin[] }) {
  return (
    <Show when={props.plugins.length > 0}>
      <h2 class="phase">{props.name}</h2>
      <ol class="chain">
        <For each={props.plugins}>
          {(plugin) => (
            <li>
              <details>
                <summary>
                  <b>{plugin.name}</b> <span class="muted">{words(plugin)}</span>
                </summary>
                <Options plugin={plugin} />
              </details>
            </li>
          )}
        </For>
      </ol>
    </Show>
  )
}

/** Options that are no defaults, in one line. */
function words({ options = {}, origins = {} }: ChainPlugin): string {
  return Object.keys(options)
    .filter((name) => (origins[name] ?? 'default') !== 'default')
    .map((name) => `${name} ${JSON.stringify(options[name])}`)
    .join(', ')
}

function Options(props: { plugin: ChainPlugin }) {
  const names = () => Object.keys(props.plugin.options ?? {})
  return (
    <>
      <p class="muted">from {props.plugin.from}</p>
      <Show when={names().length > 0} fallback={<p class="muted">It has no options.</p>}>
        <Table columns={['option', 'value', 'from']}>
          <For each={names()}>
            {(name) => (
              <tr>
                <td>{name}</td>
                <td class="mono">{JSON.stringify(props.plugin.options?.[name])}</td>
                <td class="muted">{props.plugin.origins?.[name] ?? 'default'}</td>
              </tr>
            )}
          </For>
        </Table>
      </Show>
    </>
  )
}
