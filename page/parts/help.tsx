import { Dialog } from '@kobalte/core/dialog'
import { For } from 'solid-js'

const KEYS: readonly (readonly [string, string])[] = [
  ['j, k', 'the next one, the one before'],
  ['Enter', 'open it'],
  ['/', 'filter'],
  ['Esc', 'close, or leave the filter'],
  ['g l', 'Live'],
  ['g s', 'Sessions'],
  ['g c', 'Cost'],
  ['g a', 'Accounts'],
  ['g u', 'Upstreams'],
  ['g h', 'Chain'],
  ['t', 'light, dark or as the system'],
  ['?', 'this'],
]

export function Help(props: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay class="overlay" />
        <Dialog.Content class="dialog">
          <Dialog.Title>Keys</Dialog.Title>
          <dl class="keys">
            <For each={KEYS}>
              {([keys, words]) => (
                <div>
                  <dt>
                    <kbd>{keys}</kbd>
                  </dt>
                  <dd>{words}</dd>
                </div>
              )}
            </For>
          </dl>
          <p class="muted">
            The filter takes words of a prompt, a model, an account, a session or an error, and{' '}
            <code>is:failed</code>, <code>is:missed</code>, <code>is:retried</code>.
          </p>
          <Dialog.CloseButton class="button" aria-label="Close">
            Close
          </Dialog.CloseButton>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog>
  )
}
