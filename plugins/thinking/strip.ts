import type { Edit } from '../../core/index.js'
import { type JsonNode, SEAL, withoutItems } from '../../core/kit.js'

/** What takes the sealed thinking out of a conversation, and the turns that were nothing else: an empty one is a 400. */
export function withoutSealed(body: JsonNode): Edit[] {
  const messages = body.get('messages')
  if (!messages) return []
  const edits: Edit[] = []
  /** Positions of the turns that go as a whole. */
  const gone = new Set<number>()
  messages.items().forEach((message, i) => {
    const content = message.get('content')
    const blocks = content?.items() ?? []
    const sealed = blocks.filter(isSealed).length
    if (sealed === 0) return
    if (sealed === blocks.length) gone.add(i)
    else for (const edit of withoutItems(content!, isSealed)) edits.push(edit)
  })
  if (gone.size > 0) for (const edit of withoutItems(messages, (_, i) => gone.has(i))) edits.push(edit)
  return edits
}

function isSealed(block: JsonNode): boolean {
  const type = block.get('type')
  const field = type?.is('thinking') ? 'signature' : type?.is('redacted_thinking') ? 'data' : undefined
  return field !== undefined && block.get(field)?.string()?.startsWith(SEAL) === true
}
