import { createSignal, lazy, Show, Suspense } from 'solid-js'
import { call } from '../../api/client.js'
import type { Details } from '../../api/types.js'
import { Command, copied } from '../../parts/small.jsx'
import { go, href, route, withQuery } from '../../route.js'
import { curlOf, curlWithout } from './curl.js'
import { saveCassette } from './save.js'

const Resend = lazy(() => import('./resend.jsx'))

/** What can be done with a request. */
export function Actions(props: { request: Details }) {
  const [said, setSaid] = createSignal('')
  const say = (text: string) => {
    setSaid(text)
    setTimeout(() => setSaid(''), 3_000)
  }
  const copy = async (text: string, what: string) =>
    say((await copied(text)) ? `${what} copied` : 'the browser allows no clipboard here')
  const curl = async () => {
    if (!props.request.bodySizes?.request)
      return copy(curlWithout(props.request.path), 'curl without its body')
    return copy(curlOf(props.request.path, await whole(props.request.id)), 'curl')
  }
  const [problem, setProblem] = createSignal('')
  const [lacksBodies, setLacksBodies] = createSignal(false)
  /** What goes wrong stays to be read until something else is tried. */
  const attempt = async (action: () => Promise<unknown>) => {
    setProblem('')
    setLacksBodies(false)
    try {
      await action()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  const save = async () => {
    if (!props.request.bodySizes?.request) return setLacksBodies(true)
    await saveCassette(props.request.id)
    say('saved')
  }
  const [resending, setResending] = createSignal(false)
  const resend = async () => {
    if (props.request.bodySizes?.request) setResending(true)
    else setLacksBodies(true)
  }
  const marked = () => route().query.get('with')
  return (
    <footer class="actions">
      <button type="button" class="button" onClick={() => void attempt(curl)}>
        Copy as curl
      </button>
      <button
        type="button"
        class="button"
        onClick={() => copy(`agproxy explain ${props.request.id}`, 'the command')}
      >
        Copy “explain”
      </button>
      <button type="button" class="button" onClick={() => void attempt(save)}>
        Save cassette
      </button>
      <Show when={props.request.route === 'messages'}>
        <button type="button" class="button" onClick={() => void attempt(resend)}>
          Send to another model…
        </button>
      </Show>
      <Show
        when={marked() && marked() !== props.request.id}
        fallback={
          <button
            type="button"
            class="button"
            aria-pressed={marked() === props.request.id}
            onClick={() => go(withQuery({ with: marked() ? undefined : props.request.id }), true)}
          >
            {marked() ? 'Now open another one' : 'Compare with…'}
          </button>
        }
      >
        <button
          type="button"
          class="button"
          onClick={() => go(href('compare', [marked()!, props.request.id]))}
        >
          Compare with the marked one
        </button>
      </Show>
      <span class="said" role="status">
        {said()}
      </span>
      <Show when={problem()}>
        <p class="problem" role="alert">
          {problem()}
        </p>
      </Show>
      <Show when={resending()}>
        <Suspense>
          <Resend request={props.request} onClose={() => setResending(false)} />
        </Suspense>
      </Show>
      <Show when={lacksBodies()}>
        <LacksBodies asked={props.request.bodySizes !== undefined} />
      </Show>
    </footer>
  )
}

/** Why there is nothing to save or to send, and what helps the next time. */
function LacksBodies(props: { asked: boolean }) {
  return (
    <div class="hint" role="alert">
      <Show when={!props.asked} fallback={<p>What was asked here is not kept: it is too large.</p>}>
        <p>What was asked is not kept. This line in the config keeps it from then on:</p>
        <Command text="trace: { bodies: true }" />
        <p class="muted">
          Or write each request to a folder as it comes: <code>agproxy record DIR</code>
        </p>
      </Show>
    </div>
  )
}

/** Piece by piece: no answer is larger than the page can take. */
async function whole(id: string): Promise<string> {
  let text = ''
  for (let from: number | undefined = 0; from !== undefined; ) {
    const path = `requests/${encodeURIComponent(id)}/body?part=request&from=${from}`
    const piece: { text: string; next?: number } = await call(path)
    text += piece.text
    from = piece.next
  }
  return text
}
