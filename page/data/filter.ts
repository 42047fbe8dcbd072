import type { Row } from '../api/types.js'
import type { Prompt } from './prompts.js'
import { isFailed, isMissed } from './sums.js'

/** Words of the filter that mean a state, with what they ask for. */
export const STATES: Readonly<Record<string, string>> = {
  'is:failed': 'a request failed or broke',
  'is:missed': 'a prompt cache missed',
  'is:retried': 'more than one attempt',
}

const texts = new WeakMap<Prompt, string>()

/** The prompts of which every word of the filter is true. */
export function matching(prompts: readonly Prompt[], filter: string): readonly Prompt[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return prompts
  return prompts.filter((prompt) => words.every((word) => holds(prompt, word)))
}

function holds(prompt: Prompt, word: string): boolean {
  if (word === 'is:failed') return prompt.rows.some(isFailed)
  if (word === 'is:missed') return prompt.rows.some(({ cache }) => isMissed(cache))
  if (word === 'is:retried') return prompt.rows.some(({ attempts }) => attempts > 1)
  return textOf(prompt).includes(word)
}

function textOf(prompt: Prompt): string {
  let text = texts.get(prompt)
  if (text === undefined) {
    const words = new Set<string | undefined>([prompt.text, prompt.session, prompt.prompt])
    for (const row of prompt.rows) for (const word of wordsOf(row)) words.add(word)
    text = [...words].filter(Boolean).join('\n').toLowerCase()
    texts.set(prompt, text)
  }
  return text
}

function wordsOf(row: Row): (string | undefined)[] {
  const labels = Object.entries(row.labels ?? {}).map(([name, value]) => `${name}=${value}`)
  const { id, model, mappedModel, upstream, account, agentType, requestClass, error, code, status } = row
  return [
    id,
    model,
    mappedModel,
    upstream,
    account,
    agentType,
    requestClass,
    error,
    code,
    status && String(status),
    ...labels,
  ] as (string | undefined)[]
}
