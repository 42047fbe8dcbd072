import type { Call } from '../../core/index.js'
import type { JsonNode } from '../../core/kit.js'

/** Characters that are kept, and messages that are looked at. */
const LONGEST = 160
const LOOK_BACK = 400
const REMINDER = '<system-reminder>'

/** The first words of what the user asked for last, on one line; tool results and the client's reminders are left out. */
export function promptText({ tree }: Pick<Call, 'tree'>): string | undefined {
  const messages = tree.get('messages')?.items().slice(-LOOK_BACK) ?? []
  for (const message of messages.toReversed()) {
    if (!message.get('role')?.is('user')) continue
    const text = lastText(message.get('content'))
    if (text)
      return text
        .slice(0, 4 * LONGEST)
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, LONGEST)
  }
  return undefined
}

function lastText(content: JsonNode | undefined): string | undefined {
  if (content?.isString) return content.string()
  return content
    ?.items()
    .map((block) => (block.get('type')?.is('text') ? block.get('text')?.string() : undefined))
    .findLast((text) => text !== undefined && !text.startsWith(REMINDER))
}
