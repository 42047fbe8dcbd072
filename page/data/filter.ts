import type { Prompt } from './prompts.js'
import { isFailed, isMissed } from './sums.js'

/** Words of the filter that mean a state, with what they ask for. */
export const STATES: Readonly<Record<string, string>> = {
  'is:failed': 'a request failed or broke',
  'is:missed': 'a prompt cache missed',
  'is:retried': 'more than one attempt',
}

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
  return prompt.words.includes(word)
}
