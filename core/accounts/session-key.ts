import { createHash, hash } from 'node:crypto'
import type { SessionKey } from '../contract/accounts.js'
import type { Call } from '../contract/call.js'
import type { JsonNode } from '../contract/json.js'
import { applyEdits, withoutMembers } from '../json/edit.js'
import { sessionOf } from './session-id.js'

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
function beginning({ tree }: Call): string {
  const first = tree
    .get('messages')!
    .items()
    .find((message) => message.get('role')!.is('user'))
  const parts: (string | Buffer)[] = []
  addStable(tree.get('system'), parts)
  parts.push('\0')
  addStable(first?.get('content'), parts)
  // Of nearly all calls these are texts alone. Images are not copied together.
  if (parts.every((part) => typeof part === 'string')) return digest(parts.join(''))
  const pieces = createHash('sha256')
  for (const part of parts) pieces.update(part)
  return pieces.digest('base64url')
}

/** In one call: an object that is fed piece by piece takes 3 µs more. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** No conversation begins with so many: to look at 900,000 items of 1.8 MB, one after the other, took 6 s. */
export const MOST_VALUES = 10_000

/**
 * Adds content without the parts that change: `cache_control` wanders, the billing line counts, reminders tell the time. What
 * is no content at all is the upstream's to refuse. Blocks that are no text are not decoded: they may be images.
 */
function addStable(content: JsonNode | undefined, parts: (string | Buffer)[]): void {
  if (content && content.values > MOST_VALUES) {
    parts.push(content.raw)
    return
  }
  const text = content?.string()
  if (text !== undefined) parts.push(withoutReminders(text))
  for (const block of content?.items() ?? []) {
    const said = block.get('type')?.is('text') ? block.get('text')?.string() : undefined
    if (said === undefined) parts.push(unmarked(block))
    else if (!said.startsWith(BILLING)) parts.push(withoutReminders(said))
    parts.push('\n')
  }
}

const BILLING = 'x-anthropic-billing-header:'

function unmarked(block: JsonNode): Buffer {
  if (!block.get('cache_control')) return block.raw
  const edits = withoutMembers(block, (key) => key.is('cache_control'))
  return applyEdits(
    block.raw,
    edits.map(({ start, end, text }) => ({ start: start - block.start, end: end - block.start, text })),
  )
}

const REMINDER = '<system-reminder>'
const REMINDER_END = '</system-reminder>'

/** From tag to tag: a regular expression looked for an end from each of 24,000 tags without one, for 1.4 s. */
function withoutReminders(text: string): string {
  if (!text.includes(REMINDER)) return text
  const kept: string[] = []
  let from = 0
  for (let start = text.indexOf(REMINDER); start >= 0; start = text.indexOf(REMINDER, from)) {
    const end = text.indexOf(REMINDER_END, start)
    if (end < 0) break // and none behind it has one
    kept.push(text.slice(from, start))
    from = end + REMINDER_END.length
  }
  kept.push(text.slice(from))
  return kept.join('').trim()
}
