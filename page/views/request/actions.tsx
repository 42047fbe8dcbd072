import { createSignal, Show } from 'solid-js'
import { call } from '../../api/client.js'
import type { Details } from '../../api/types.js'
import { copied } from '../../parts/small.jsx'
import { go, href, route, withQuery } from '../../route.js'
import { curlOf, curlWithout } from './curl.js'

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
  const marked = () => route().query.get('with')
  return (
    <footer class="actions">
      <button
        type="button"
        class="button"
        onClick={() => void curl().catch((error) => say(String(error.message)))}
      >
        Copy as curl
      </button>
      <button
        type="button"
        class="button"
        onClick={() => copy(`agproxy explain ${props.request.id}`, 'the command')}
      >
        Copy “explain”
      </button>
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
    </footer>
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
