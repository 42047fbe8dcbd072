import { createSignal, For, type JSX, Show } from 'solid-js'
import { NONE, percent, tokens } from '../format.js'

/** A command to copy, where there is nothing to show yet. */
export function Command(props: { text: string }) {
  const [done, setDone] = createSignal(false)
  const copy = async () => {
    setDone(await copied(props.text))
    setTimeout(() => setDone(false), 1_500)
  }
  return (
    <div class="command">
      <code>{props.text}</code>
      <button type="button" class="quiet" onClick={copy} aria-label={`Copy: ${props.text}`}>
        {done() ? 'copied' : 'copy'}
      </button>
    </div>
  )
}

/** False where the browser allows no clipboard (another host without TLS). */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

export function Empty(props: { title: string; children?: JSX.Element; command?: string }) {
  return (
    <section class="empty">
      <h2>{props.title}</h2>
      <Show when={props.children}>
        <p>{props.children}</p>
      </Show>
      <Show when={props.command}>{(text) => <Command text={text()} />}</Show>
    </section>
  )
}

/** A state by its sign, its colour and its word: no one of them alone. */
export function State(props: { level: 'good' | 'warn' | 'bad' | 'idle'; children: JSX.Element }) {
  const sign = () => ({ good: '●', warn: '▲', bad: '✕', idle: '○' })[props.level]
  return (
    <span class={`state ${props.level}`}>
      <span aria-hidden="true">{sign()}</span> {props.children}
    </span>
  )
}

/** The share of a prompt that came from a cache, as a pie and a number; a miss is named. */
export function CacheShare(props: { share: number | undefined; misses?: number; lost?: number }) {
  const missed = () => (props.misses ?? 0) > 0
  const title = () => {
    if (props.share === undefined) return 'No token was counted'
    const missing = missed()
      ? `; missed ${props.misses === 1 ? 'once' : `${props.misses} times`}, ${tokens(props.lost)} tokens paid again`
      : ''
    return `${percent(props.share)} of the prompts came from the cache${missing}`
  }
  return (
    <span class="cache" classList={{ missed: missed() }} title={title()}>
      <Show when={props.share !== undefined} fallback={NONE}>
        <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
          <circle cx="8" cy="8" r="6.5" class="ring" />
          <circle
            cx="8"
            cy="8"
            r="3.25"
            class="pie"
            stroke-dasharray={`${(props.share ?? 0) * 20.42} 20.42`}
          />
        </svg>
        <span>{percent(props.share)}</span>
        <Show when={missed()}>
          <b>{`!${props.misses! > 1 ? props.misses : ''}`}</b>
        </Show>
      </Show>
    </span>
  )
}

/** Bars from 0 to 1, one for each part of a time; a part without requests is a dot. */
export function Spark(props: { values: readonly (number | undefined)[]; label: string }) {
  return (
    <svg class="spark" viewBox={`0 0 ${props.values.length * 6} 16`} role="img" aria-label={props.label}>
      <For each={props.values}>
        {(value, i) => (
          <rect
            x={i() * 6}
            width="4"
            y={value === undefined ? 15 : 16 - Math.max(1, value * 16)}
            height={value === undefined ? 1 : Math.max(1, value * 16)}
            class={value === undefined ? 'none' : value < 0.5 ? 'low' : ''}
          />
        )}
      </For>
    </svg>
  )
}

/** A share as a bar, with its words beside it. */
export function Meter(props: { share: number; label: string }) {
  const shown = () => Math.min(1, Math.max(0, props.share))
  return (
    <span
      class="meter"
      classList={{ warn: props.share >= 0.75, bad: props.share >= 1 }}
      role="img"
      aria-label={`${props.label}: ${percent(props.share)}`}
    >
      <span style={{ width: `${shown() * 100}%` }} />
    </span>
  )
}

/** Name and value, one under the other. */
export function Fact(props: { name: string; children: JSX.Element; title?: string }) {
  return (
    <div class="fact" title={props.title}>
      <span class="name">{props.name}</span>
      <span class="value">{props.children}</span>
    </div>
  )
}
