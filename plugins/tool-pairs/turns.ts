import type { JsonNode } from '../../core/kit.js'

/** A block of a message's content, as far as pairs go. */
export interface Block {
  readonly node: JsonNode
  /** `tool_use` of an assistant, `tool_result` of a user. */
  readonly kind: 'use' | 'result' | 'other'
  readonly id: string
}

export interface Turn {
  readonly role: string
  readonly messages: readonly TurnMessage[]
}

export interface TurnMessage {
  readonly index: number
  readonly node: JsonNode
  /** Undefined where it is neither text nor blocks: what is wrong with it is for the upstream to say. */
  readonly content: JsonNode | undefined
  readonly blocks: readonly Block[]
}

/**
 * Neighbouring messages of one role are one turn, as the API joins them. `system` entries belong to none and part none: they
 * may stand between a call and its result.
 */
export function turnsOf(messages: readonly JsonNode[], roles: readonly string[]): Turn[] {
  const turns: { role: string; messages: TurnMessage[] }[] = []
  messages.forEach((node, i) => {
    const role = roles[i]!
    if (role === 'system') return
    const last = turns.at(-1)
    const message = messageOf(node, role, i)
    if (last?.role === role) last.messages.push(message)
    else turns.push({ role, messages: [message] })
  })
  return turns
}

function messageOf(node: JsonNode, role: string, index: number): TurnMessage {
  const content = node.get('content')
  if (!content?.isArray) return { index, node, content: content?.isString ? content : undefined, blocks: [] }
  return { index, node, content, blocks: content.items().map((block) => blockOf(block, role)) }
}

function blockOf(node: JsonNode, role: string): Block {
  const type = node.get('type')
  if (role === 'assistant' && type?.is('tool_use')) return withId(node, 'use', 'id')
  if (role === 'user' && type?.is('tool_result')) return withId(node, 'result', 'tool_use_id')
  return { node, kind: 'other', id: '' }
}

/** A block without an id pairs with nothing and is left as it is. */
function withId(node: JsonNode, kind: 'use' | 'result', field: string): Block {
  const id = node.get(field)?.string()
  return id === undefined ? { node, kind: 'other', id: '' } : { node, kind, id }
}
