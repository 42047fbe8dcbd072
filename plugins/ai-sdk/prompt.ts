import type { Content, MessagesRequest } from '../../core/index.js'
import { assistantParts } from './assistant.js'
import type { LanguageModel, PromptMessage, SpecVersion } from './language-model.js'
import { userMessages } from './user.js'

/** The conversation as a prompt for this model. Empty turns are left out: providers refuse them. */
export function promptOf(
  { system, messages }: Pick<MessagesRequest, 'system' | 'messages'>,
  model: Pick<LanguageModel, 'provider' | 'specificationVersion'>,
): PromptMessage[] {
  const spec = model.specificationVersion as SpecVersion
  const toolNames = new Map<string, string>()
  const prompt: PromptMessage[] = []
  let instructions = wordsOf(system ?? '')
  for (const { role, content } of messages) {
    if (role === 'assistant') {
      const parts = assistantParts(content, model.provider)
      for (const part of parts) if (part.type === 'tool-call') toolNames.set(part.toolCallId, part.toolName)
      if (parts.length > 0) add(prompt, { role, content: parts })
    } else if (role === 'system') {
      // Google's and Bedrock's packages throw for a system message behind the first turn; `system-role` has folded it, if on.
      if (prompt.length === 0) instructions = joined(instructions, wordsOf(content))
      else for (const message of reminder(wordsOf(content))) add(prompt, message)
    } else {
      for (const message of userMessages(content, toolNames, spec)) add(prompt, message)
    }
  }
  return instructions === '' ? prompt : [{ role: 'system', content: instructions }, ...prompt]
}

/**
 * Neighbours of one role become one message: some chat templates refuse two. Results of tools go before what the user said
 * after the calls, as OpenAI wants each call to be followed by its result.
 */
function add(prompt: PromptMessage[], message: PromptMessage): void {
  const last = prompt.at(-1)
  if (last?.role === 'user' && message.role === 'tool') {
    prompt.pop()
    add(prompt, message)
    prompt.push(last)
  } else if (last?.role === message.role && last.role !== 'system') {
    for (const part of message.content) (last.content as unknown[]).push(part)
  } else {
    prompt.push(message)
  }
}

/** In the tags that Claude Code's own instructions speak of. */
function reminder(text: string): PromptMessage[] {
  if (text === '') return []
  return [
    { role: 'user', content: [{ type: 'text', text: `<system-reminder>\n${text}\n</system-reminder>` }] },
  ]
}

function wordsOf(content: Content): string {
  if (typeof content === 'string') return content
  return content.map((block) => (block.type === 'text' ? String(block.text) : '')).reduce(joined, '')
}

function joined(a: string, b: string): string {
  return a === '' || b === '' ? a + b : `${a}\n\n${b}`
}
