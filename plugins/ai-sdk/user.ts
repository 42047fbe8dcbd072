import type { Content, ContentBlock } from '../../core/index.js'
import { fileParts } from './files.js'
import type { PromptMessage, SpecVersion, ToolResultPart, UserPart } from './language-model.js'

/**
 * A user's turn: the results of tools, and a message with the rest. Images and documents inside a tool result go into that
 * message: the OpenAI-compatible package would put their base64 into the result's text, hundreds of thousands of tokens.
 */
export function userMessages(
  content: Content,
  toolNames: ReadonlyMap<string, string>,
  spec: SpecVersion,
): PromptMessage[] {
  if (typeof content === 'string') return messagesOf([], textParts(content))
  const results: ToolResultPart[] = []
  const moved: UserPart[] = []
  const parts: UserPart[] = []
  for (const block of content) {
    if (block.type === 'tool_result') {
      const { result, files } = toolResult(block, toolNames, spec)
      results.push(result)
      for (const file of files) moved.push(file)
    } else {
      parts.push(...userParts(block, spec))
    }
  }
  return messagesOf(results, [...moved, ...parts])
}

function messagesOf(results: ToolResultPart[], parts: UserPart[]): PromptMessage[] {
  return [
    ...(results.length > 0 ? [{ role: 'tool' as const, content: results }] : []),
    ...(parts.length > 0 ? [{ role: 'user' as const, content: parts }] : []),
  ]
}

export function userParts(block: ContentBlock, spec: SpecVersion): UserPart[] {
  switch (block.type) {
    case 'text':
      return textParts(String(block.text ?? ''))
    case 'image':
    case 'document':
      return fileParts(block, spec)
    default: {
      const text = textOf(block)
      return text === undefined ? [] : textParts(text)
    }
  }
}

function textParts(text: string): UserPart[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

function toolResult(block: ContentBlock, toolNames: ReadonlyMap<string, string>, spec: SpecVersion) {
  const toolCallId = String(block.tool_use_id)
  const toolName = toolNames.get(toolCallId) ?? 'unknown'
  const texts: string[] = []
  const files: UserPart[] = []
  for (const inner of blocksOf(block.content)) {
    if (inner.type === 'image' || inner.type === 'document') files.push(...fileParts(inner, spec))
    else texts.push(textOf(inner) ?? '')
  }
  if (files.length > 0) {
    texts.push('(The files of this result follow in the next message.)')
    files.unshift({ type: 'text', text: `Files of the result of ${toolName} (${toolCallId}):` })
  }
  const type: 'text' | 'error-text' = block.is_error === true ? 'error-text' : 'text'
  const output = { type, value: texts.filter((text) => text !== '').join('\n') }
  const result: ToolResultPart = { type: 'tool-result', toolCallId, toolName, output }
  return { result, files }
}

function blocksOf(content: unknown): readonly ContentBlock[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return Array.isArray(content) ? content : []
}

/** Blocks that are words in another form; undefined for what no words can replace. */
function textOf(block: ContentBlock): string | undefined {
  switch (block.type) {
    case 'text':
      return String(block.text ?? '')
    case 'tool_reference':
      return `The tool ${String(block.tool_name)} can be called now.`
    case 'search_result': {
      const title = [block.title, block.source].filter((line) => typeof line === 'string')
      return [...title, ...blocksOf(block.content).map(textOf)].join('\n')
    }
    default:
      return undefined
  }
}
