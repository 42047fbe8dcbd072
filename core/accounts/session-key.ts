import { createHash } from 'node:crypto'
import type { Content, ContentBlock } from '../contract/messages.js'
import type { Call } from '../exchange/call.js'
import { sessionOf } from './session-id.js'

export interface SessionKey {
  readonly own: string
  /** For a sub-agent: the session that started it. Sub-agents have prompts of their own, so they may go elsewhere. */
  readonly parent: string | undefined
}

/** The conversation that a call belongs to, for prompt caches: as the client says, else by how the conversation begins. */
export function sessionKey(call: Call): SessionKey {
  const session = short(sessionOf(call) ?? beginning(call))
  const agent = call.header('x-claude-code-agent-id')
  return agent === undefined
    ? { own: session, parent: undefined }
    : { own: short(`${session}/${agent}`), parent: session }
}

/** Clients choose these, and thousands are kept. */
const LONGEST = 200

function short(key: string): string {
  return key.length <= LONGEST ? key : digest(key)
}

/** Of what stays the same from turn to turn: the system prompt and the first user message. */
function beginning({ body }: Call): string {
  const first = body.messages.find((message) => message.role === 'user')
  return digest(`${stable(body.system)}\0${stable(first?.content)}`)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/**
 * Without the parts that change: `cache_control` wanders, the billing line counts, reminders tell the time. What is no content
 * at all is the upstream's to refuse.
 */
function stable(content: Content | undefined): string {
  if (typeof content === 'string') return withoutReminders(content)
  if (!Array.isArray(content)) return ''
  return content
    .filter((block) => !isBilling(block))
    .map(stableBlock)
    .join('\n')
}

function stableBlock(block: ContentBlock): string {
  if (block?.type === 'text' && typeof block.text === 'string') return withoutReminders(block.text)
  return JSON.stringify(block, (name, value) => (name === 'cache_control' ? undefined : value)) ?? ''
}

function isBilling(block: ContentBlock): boolean {
  return typeof block?.text === 'string' && block.text.startsWith('x-anthropic-billing-header:')
}

function withoutReminders(text: string): string {
  if (!text.includes('<system-reminder>')) return text
  return text.replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, '').trim()
}
