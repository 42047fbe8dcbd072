import type { Edit } from '../../core/index.js'
import { type JsonNode, withoutItems } from '../../core/kit.js'

const isThinking = (block: JsonNode) => {
  const type = block.get('type')
  return type !== undefined && (type.is('thinking') || type.is('redacted_thinking'))
}

/**
 * The edits that take out the thinking blocks whose signature an upstream rejected, or undefined when there is nothing to
 * take out. A signature is good only at the upstream that made it, so this happens when a conversation changes upstreams.
 *
 * The error names the first bad block (`messages.3.content.0: …`). That one alone is taken out, since the others may be
 * needed; when the error names none, or the same one again, all go.
 */
export function withoutThinking(body: JsonNode, error: string, all: boolean): readonly Edit[] | undefined {
  const named = new Set(
    all ? [] : [...error.matchAll(/messages\.(\d+)\.content\.(\d+)/g)].map((m) => `${m[1]}.${m[2]}`),
  )
  const messages = body.get('messages')!
  const edits: Edit[] = []
  const emptied = new Set<number>()
  messages.items().forEach((message, i) => {
    const content = message.get('content')
    const blocks = content?.items() ?? []
    const isRejected = (block: JsonNode, j: number) =>
      isThinking(block) && (named.size === 0 || named.has(`${i}.${j}`))
    // An assistant message without content is a 400 of its own.
    if (blocks.length > 0 && blocks.every(isRejected)) emptied.add(i)
    else if (content) for (const edit of withoutItems(content, isRejected)) edits.push(edit)
  })
  for (const edit of withoutItems(messages, (_, i) => emptied.has(i))) edits.push(edit)
  if (edits.length > 0) return edits
  return named.size > 0 ? withoutThinking(body, error, true) : undefined
}
