import { hash } from 'node:crypto'
import type { Call } from '../contract/call.js'
import type { JsonNode } from '../contract/json.js'
import { sessionOf } from './session-id.js'
import { MOST_VALUES } from './session-key.js'

/** Clients choose these, and hundreds of records are kept. */
const LONGEST = 200
const LABELS = { most: 8, key: /^[\w.-]{1,40}$/, value: /^[\x20-\x7e]{1,100}$/, header: 2_000 } as const

/** Fills in who a request belongs to, as its client says. */
export function noteClient(call: Call): void {
  const { facts } = call.record
  const said = (name: string) => call.header(name)?.slice(0, LONGEST)
  facts.session = sessionOf(call)?.slice(0, LONGEST)
  facts.agent = said('x-claude-code-agent-id')
  facts.parentAgent = said('x-claude-code-parent-agent-id')
  facts.agentType = said('x-claude-code-agent-type')
  facts.requestClass = said('x-claude-code-request-class')
  facts.prompt = said('x-claude-code-prompt-id') ?? (call.route === 'messages' ? promptOf(call) : undefined)
  const labels = call.headers['x-agproxy-label']
  if (labels !== undefined) facts.labels = labelsOf(String(labels))
}

/** Several headers of one name are joined with commas. What is no label is left out. */
function labelsOf(text: string): Readonly<Record<string, string>> | undefined {
  const labels: [string, string][] = []
  for (const part of text.slice(0, LABELS.header).split(',')) {
    const at = part.indexOf('=')
    const [key, value] = [part.slice(0, at).trim(), part.slice(at + 1).trim()]
    if (at > 0 && LABELS.key.test(key) && LABELS.value.test(value)) labels.push([key, value])
  }
  return labels.length > 0 ? Object.fromEntries(labels.slice(0, LABELS.most)) : undefined
}

/** Bytes of a prompt that tell it from others of its place. */
const ENOUGH = 2_000
/** Messages that are looked at for the prompt: one with more tool calls than half of that goes under the oldest one seen. */
const LOOK_BACK = 400

/**
 * Names the prompt that a request works on where the client does not: by the place and the text of the last user message that is
 * no tool result. It stays the same while tools are called, and reveals nothing of the text.
 */
function promptOf(call: Call): string | undefined {
  const messages = call.tree.get('messages')!.items()
  for (let i = messages.length - 1; i >= Math.max(0, messages.length - LOOK_BACK); i--) {
    const message = messages[i]!
    const text = message.get('role')?.is('user') && userText(message.get('content'))
    if (!text) continue
    const beginning = text.raw.toString('latin1', 0, ENOUGH)
    return `p-${hash('sha256', `${i}\n${beginning}`, 'base64url').slice(0, 16)}`
  }
  return undefined
}

/** The last text that the user wrote; reminders are the client's. */
function userText(content: JsonNode | undefined): JsonNode | undefined {
  if (content?.isString) return content
  if (!content || content.values > MOST_VALUES) return undefined
  return content
    .items()
    .map((block) => (block.get('type')?.is('text') ? block.get('text') : undefined))
    .findLast((text) => text?.isString && !text.raw.subarray(1, 1 + REMINDER.length).equals(REMINDER))
}

const REMINDER = Buffer.from('<system-reminder>')
