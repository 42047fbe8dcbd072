import { Dialog } from '@kobalte/core/dialog'
import { createMemo, createSignal, For, onCleanup, Show } from 'solid-js'
import type { AccountsAnswer, Details, ResendAnswer } from '../../api/types.js'
import { money, tokens } from '../../format.js'
import { createCall } from '../../parts/call.jsx'
import { createLoad } from '../../parts/load.jsx'
import { Sides } from './sides.jsx'
import '../../styles/resend.css'

/** Milliseconds: as long as a long answer takes. */
const PATIENCE = 15 * 60_000

/** Sends a request once more, to another model, upstream or account, and shows both answers. It says what that costs before. */
export default function Resend(props: { request: Details; onClose: () => void }) {
  const accounts = createLoad<AccountsAnswer>(() => 'accounts')
  const places = createMemo(() => {
    const all = accounts.value()?.accounts ?? []
    const upstreams = [...new Set(all.map(({ upstream }) => upstream))]
    return [
      ...upstreams.map((name) => ({ value: `upstream ${name}`, words: name })),
      ...all.map(({ id, upstream }) => ({ value: `account ${id}`, words: `${id} (account of ${upstream})` })),
    ]
  })
  const [model, setModel] = createSignal('')
  const [place, setPlace] = createSignal('')
  const [found, setFound] = createSignal<ResendAnswer>()
  const gone = new AbortController()
  onCleanup(() => gone.abort())
  const send = createCall<ResendAnswer>(() => {
    const [kind, ...name] = place().split(' ')
    const to = { ...(model().trim() && { model: model().trim() }), ...(kind && { [kind]: name.join(' ') }) }
    return {
      method: 'POST',
      path: `requests/${encodeURIComponent(props.request.id)}/resend`,
      body: to,
      timeout: PATIENCE,
      signal: gone.signal,
    }
  })
  const submit = (event: Event) => {
    event.preventDefault()
    void send.run().then((answer) => answer && setFound(answer))
  }
  const isReady = () => (model().trim() !== '' || place() !== '') && !send.running()
  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay class="overlay" />
        <Dialog.Content class="dialog resend">
          <Dialog.Title>{found() ? 'Both answers' : 'Send to another model'}</Dialog.Title>
          <Show
            when={found()}
            fallback={
              <form onSubmit={submit}>
                <label>
                  Model
                  <input
                    value={model()}
                    onInput={(event) => setModel(event.currentTarget.value)}
                    placeholder={`as asked: ${props.request.model ?? ''}`}
                    autocomplete="off"
                    spellcheck={false}
                  />
                </label>
                <label>
                  Upstream or account
                  <select value={place()} onChange={(event) => setPlace(event.currentTarget.value)}>
                    <option value="">as the gateway chooses</option>
                    <For each={places()}>{({ value, words }) => <option value={value}>{words}</option>}</For>
                  </select>
                </label>
                <Dialog.Description class="muted">{priceWords(props.request)}</Dialog.Description>
                <Show when={send.problem()}>
                  {(words) => (
                    <p class="problem" role="alert">
                      {words()}
                    </p>
                  )}
                </Show>
                <div class="row">
                  <button type="submit" class="button primary" disabled={!isReady()}>
                    {send.running() ? 'Waiting for the answer…' : 'Send it, and pay for it'}
                  </button>
                  <Dialog.CloseButton class="button" aria-label="Cancel">
                    Cancel
                  </Dialog.CloseButton>
                </div>
              </form>
            }
          >
            {(answer) => (
              <>
                <Sides answer={answer()} />
                <div class="row">
                  <button type="button" class="button" onClick={() => setFound(undefined)}>
                    Another one…
                  </button>
                  <Dialog.CloseButton class="button" aria-label="Close">
                    Close
                  </Dialog.CloseButton>
                </div>
              </>
            )}
          </Show>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog>
  )
}

/** What it may cost, by what it cost before. */
function priceWords(request: Details): string {
  const { inputTokens = 0, cacheReadTokens = 0, cacheCreationTokens = 0, cost } = request
  const sent = inputTokens + cacheReadTokens + cacheCreationTokens
  const prompt = sent > 0 ? `The prompt’s ${tokens(sent)} tokens are` : 'The whole prompt is'
  const before = cost === undefined ? '' : ` Before it cost ${money(cost)}.`
  return `${prompt} sent once more, and another model has none of them in its cache.${before} No budget and no sum of costs counts it.`
}
