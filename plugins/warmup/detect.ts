import type { JsonNode } from '../../core/kit.js'

const REMINDER = '<system-reminder>'
const REMINDER_END = '</system-reminder>'

/**
 * Whether the conversation ends in a warm-up: only its end is looked at, so a warm-up that the user has since
 * followed by a question is a question. `role: "system"` entries at the end are skipped: Claude Code 2.1 puts its
 * system text behind the first user message, and it asks nothing.
 *
 * Content of unknown shape is never a warm-up; the upstream has better words for what is wrong with it.
 */
export function isWarmup(messages: readonly JsonNode[], text: string): boolean {
  const last = messages.findLast((message) => !message.get('role')!.is('system'))
  if (!last?.get('role')?.is('user') || !mayHold(last, text)) return false
  const { content } = last.value() as { content?: unknown }
  if (typeof content === 'string') return content.trim() === text
  if (!Array.isArray(content)) return false
  return asksOnly(content, text) || content.some((block) => isFailedResult(block, text))
}

const ESCAPES = [Buffer.from('\\u'), Buffer.from('\\/')]

/** Whether it is worth decoding: a tool result may have megabytes, and holds the text either as it is or in escapes. */
function mayHold({ raw }: JsonNode, text: string): boolean {
  return raw.includes(JSON.stringify(text).slice(1, -1)) || ESCAPES.some((spelt) => raw.includes(spelt))
}

/** The blocks hold one text and, apart from reminders, nothing else. */
function asksOnly(blocks: readonly unknown[], text: string): boolean {
  const others = blocks.filter((block) => !isReminder(textOf(block)))
  return others.length === 1 && textOf(others[0])?.trim() === text
}

/**
 * A tool result with `is_error` whose text starts with the warm-up's: 2.0.77 sent one in the next turn when its
 * warm-up had been answered with a tool call.
 */
function isFailedResult(block: unknown, text: string): boolean {
  if (!isObject(block) || block.type !== 'tool_result' || block.is_error !== true) return false
  const { content } = block
  const first = Array.isArray(content) ? content.map(textOf).find((t) => t !== undefined) : content
  return typeof first === 'string' && first.trimStart().startsWith(text)
}

/** True for text that is reminders from end to end; a question behind a reminder in the same block is a question. */
function isReminder(text: string | undefined): boolean {
  if (text === undefined) return false
  let rest = text.trim()
  if (!rest.startsWith(REMINDER)) return false
  while (rest.startsWith(REMINDER)) {
    const end = rest.indexOf(REMINDER_END)
    if (end < 0) return false
    rest = rest.slice(end + REMINDER_END.length).trimStart()
  }
  return rest === ''
}

function textOf(block: unknown): string | undefined {
  return isObject(block) && block.type === 'text' && typeof block.text === 'string' ? block.text : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
