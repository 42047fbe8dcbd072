import type { ContentBlock, Message, MessagesRequest } from '../../core/contract/messages.js'

const isThinking = (block: ContentBlock) => block?.type === 'thinking' || block?.type === 'redacted_thinking'

/**
 * The body without the thinking blocks whose signature an upstream rejected, or undefined when there is nothing to take
 * out. A signature is good only at the upstream that made it, so this happens when a conversation changes upstreams.
 *
 * The error names the first bad block (`messages.3.content.0: …`). That one alone is taken out, since the others may be
 * needed; when the error names none, or names it anew, all go.
 */
export function withoutThinking(
  body: MessagesRequest,
  error: string,
  all: boolean,
): MessagesRequest | undefined {
  const named = all
    ? []
    : [...error.matchAll(/messages\.(\d+)\.content\.(\d+)/g)].map((m) => `${m[1]}.${m[2]}`)
  const rejected = (message: number, block: number) =>
    named.length === 0 || named.includes(`${message}.${block}`)

  let removed = 0
  const messages = body.messages.flatMap((message, i): Message[] => {
    if (!Array.isArray(message.content)) return [message]
    const content = message.content.filter(
      (block: ContentBlock, j: number) => !(isThinking(block) && rejected(i, j)),
    )
    if (content.length === message.content.length) return [message]
    removed += message.content.length - content.length
    return content.length === 0 ? [] : [{ ...message, content }] // an empty assistant message is a 400 of its own
  })
  if (removed > 0) return { ...body, messages }
  return named.length > 0 ? withoutThinking(body, error, true) : undefined
}
