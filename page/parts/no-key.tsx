import { createSignal, Show } from 'solid-js'
import { refused, remember } from '../api/key.js'
import { Command } from './small.js'

/** What a tab without the operator's key shows. */
export function NoKey() {
  return (
    <main class="no-key">
      <h1>agproxy</h1>
      <Show when={refused()}>
        <p class="problem" role="alert">
          The gateway refused the key of this tab: it is a wrong one, or it was changed.
        </p>
      </Show>
      <p>This page shows what went through the gateway to those who hold its admin key. Open it with</p>
      <Command text="agproxy ui" />
      <details>
        <summary>Or paste the key</summary>
        <KeyForm />
        <p class="muted">
          It is <code>AGPROXY_ADMIN_KEY</code>, <code>server.adminKey</code>, or the file{' '}
          <code>admin-key</code> in the gateway’s state folder. It stays in this tab and goes when the tab is
          closed.
        </p>
      </details>
    </main>
  )
}

export function KeyForm() {
  const [text, setText] = createSignal('')
  const open = (event: Event) => {
    event.preventDefault()
    if (text().trim()) remember(text().trim())
  }
  return (
    <form class="key-form" onSubmit={open}>
      <label>
        Admin key
        <input
          type="password"
          autocomplete="off"
          value={text()}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button">
        Open
      </button>
    </form>
  )
}
