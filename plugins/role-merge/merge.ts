import type { Content, ContentBlock, Message } from '../../core/protocol/messages.js'

/**
 * Joins neighbours of the same role; the same array when there are none.
 *
 * `system` entries stay as they are and keep apart what stands on their two sides: they are instructions for a
 * point in the conversation and carry fields of their own. So does a message whose content is neither text nor
 * blocks: what is wrong with it is for the upstream to say.
 */
export function mergeRoles(messages: readonly Message[]): readonly Message[] {
  const merged: Message[] = []
  for (let from = 0; from < messages.length; ) {
    let to = from + 1
    while (to < messages.length && belongTogether(messages[to - 1]!, messages[to]!)) to++
    merged.push(to === from + 1 ? messages[from]! : joined(messages.slice(from, to)))
    from = to
  }
  return merged.length === messages.length ? messages : merged
}

function belongTogether(a: Message, b: Message): boolean {
  return a.role === b.role && a.role !== 'system' && isContent(a.content) && isContent(b.content)
}

function isContent(content: unknown): boolean {
  return typeof content === 'string' || Array.isArray(content)
}

/** One message with the fields of the first: of two values for one field only one can stay. */
function joined(run: readonly Message[]): Message {
  return { ...run[0]!, content: joinContents(run.map((message) => message.content)) }
}

/**
 * The strings before the first list become one text, as they do when no list follows: a conversation that goes on
 * with a list then begins with the same text as a turn before, which is what an upstream's prompt cache looks at.
 */
function joinContents(contents: readonly Content[]): Content {
  const firstList = contents.findIndex((content) => typeof content !== 'string')
  if (firstList < 0) return contents.join('\n\n')
  const texts = contents.slice(0, firstList)
  const blocks = contents.slice(firstList).flatMap(asBlocks)
  return texts.length > 0 ? [textBlock(texts.join('\n\n')), ...blocks] : blocks
}

function asBlocks(content: Content): readonly ContentBlock[] {
  return typeof content === 'string' ? [textBlock(content)] : content
}

function textBlock(text: string): ContentBlock {
  return { type: 'text', text }
}
