import { createSignal, For, Show } from 'solid-js'
import { ApiError, call } from '../../api/client.js'
import type { Details } from '../../api/types.js'
import { count } from '../../format.js'

type Part = 'request' | 'answer'

interface Piece {
  readonly text: string
  readonly next?: number
  readonly length: number
}

/** What was asked and answered, fetched when somebody opens it. */
export function Bodies(props: { request: Details }) {
  return (
    <section class="part">
      <h3>Prompt and answer</h3>
      <Show
        when={props.request.bodySizes}
        fallback={
          <p class="muted">
            Not kept. <code>{'trace: { bodies: true }'}</code> in the config keeps what is asked and answered
            from then on.
          </p>
        }
      >
        {(sizes) => (
          <For each={['request', 'answer'] as const}>
            {(part) => <Body id={props.request.id} part={part} bytes={sizes()[part]} />}
          </For>
        )}
      </Show>
    </section>
  )
}

function Body(props: { id: string; part: Part; bytes: number | undefined }) {
  const [text, setText] = createSignal<string>()
  const [next, setNext] = createSignal<number>()
  const [length, setLength] = createSignal(0)
  const [problem, setProblem] = createSignal<string>()
  const load = async () => {
    try {
      const from = next() ?? 0
      const piece = await call<Piece>(
        `requests/${encodeURIComponent(props.id)}/body?part=${props.part}&from=${from}`,
      )
      setText((text() ?? '') + piece.text)
      setNext(piece.next)
      setLength(piece.length)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : String(error))
    }
  }
  return (
    <details
      class="body"
      onToggle={(event) => event.currentTarget.open && text() === undefined && void load()}
    >
      <summary>
        {props.part === 'request' ? 'What was asked' : 'What was answered'}{' '}
        <span class="muted">{count(props.bytes)} bytes</span>
      </summary>
      <Show when={problem()}>{(words) => <p class="problem">{words()}</p>}</Show>
      <Show when={text() !== undefined}>
        <pre tabindex="0">{next() === undefined ? laidOut(text()!) : text()}</pre>
        <Show when={next() !== undefined}>
          <button type="button" class="button" onClick={load}>
            Load the rest ({count(text()!.length)} of {count(length())} characters are here)
          </button>
        </Show>
      </Show>
    </details>
  )
}

/** JSON with line ends; an event stream as it came. */
function laidOut(text: string): string {
  if (text.length > 200_000) return text
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}
