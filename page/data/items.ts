import type { Row } from '../api/types.js'
import type { Agent, Prompt } from './prompts.js'

/** A line of the list. */
export type Item =
  | { readonly kind: 'prompt'; readonly key: string; readonly prompt: Prompt; readonly open: boolean }
  | { readonly kind: 'agent'; readonly key: string; readonly agent: Agent; readonly prompt: Prompt }
  | { readonly kind: 'request'; readonly key: string; readonly row: Row; readonly prompt: Prompt }

const closed = new WeakMap<Prompt, Item>()
const opened = new WeakMap<Prompt, readonly Item[]>()

/** Prompts, and below an open one its agents with their requests. A line that did not change is the same object as before. */
export function itemsOf(prompts: readonly Prompt[], open: ReadonlySet<string>): Item[] {
  const items: Item[] = []
  for (const prompt of prompts) {
    if (open.has(prompt.key)) items.push(...openItems(prompt))
    else {
      let item = closed.get(prompt)
      if (!item) {
        item = { kind: 'prompt', key: prompt.key, prompt, open: false }
        closed.set(prompt, item)
      }
      items.push(item)
    }
  }
  return items
}

function openItems(prompt: Prompt): readonly Item[] {
  let items = opened.get(prompt)
  if (!items) {
    const below = prompt.agents.flatMap((agent): Item[] => [
      { kind: 'agent', key: agent.key, agent, prompt },
      ...agent.rows.map((row): Item => ({ kind: 'request', key: row.id, row, prompt })),
    ])
    items = [{ kind: 'prompt', key: prompt.key, prompt, open: true }, ...below]
    opened.set(prompt, items)
  }
  return items
}
