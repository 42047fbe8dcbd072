import type { Edit } from '../../core/index.js'
import { type JsonNode, withoutItems } from '../../core/kit.js'
import type { Repairs } from './repairs.js'

export interface TextNeeds {
  /** Texts have more than white space, and messages have content. */
  readonly words: boolean
  /** No white space at the end of a last assistant message. */
  readonly noTrailingSpace: boolean
}

/** What Claude Code itself says in the place of nothing. */
const NO_CONTENT = '(no content)'

/** Texts without words go, and a message that has nothing left says so; a last assistant message goes as a whole. */
export function repairTexts(
  body: JsonNode,
  roles: readonly string[],
  needs: TextNeeds,
  repairs: Repairs,
): void {
  const messages = body.get('messages')!
  const items = messages.items()
  // Few conversations have such strings, and one look at all of them saves one at each block.
  const hasBlanks = messages.hasBlanks
  const found = items.map((message) => {
    const content = message.get('content')
    return content && needs.words ? emptyIn(content, hasBlanks) : 'none'
  })
  const { gone, last } = endOf(roles, found)
  items.forEach((message, i) => {
    const content = message.get('content')
    if (!content || gone.has(i)) return
    if (found[i] === 'all') repairs.add(`messages[${i}]: an empty message got content`, [noContent(content)])
    else {
      if (found[i] === 'some') repairContent(content, i, repairs)
      if (i === last && roles[i] === 'assistant' && needs.noTrailingSpace)
        trim(content, i, needs.words, repairs)
    }
  })
  if (gone.size > 0) {
    const more = gone.size > 1 ? `, and ${gone.size - 1} more` : ''
    repairs.add(
      `messages[${[...gone].at(-1)}]: an empty assistant message at the end left out${more}`,
      withoutItems(messages, (_, i) => gone.has(i)),
    )
  }
  const system = body.get('system')
  if (system && needs.words) repairs.add('system: empty texts left out', withoutEmptyTexts(system))
}

/** The empty assistant messages that the conversation ends in, and what is its last message without them. One message stays. */
function endOf(roles: readonly string[], found: readonly string[]): { gone: Set<number>; last: number } {
  const gone = new Set<number>()
  let last = roles.length - 1
  for (; last >= 0; last--) {
    if (roles[last] === 'system') continue
    if (roles[last] !== 'assistant' || found[last] !== 'all' || roles.length - gone.size === 1) break
    gone.add(last)
  }
  return { gone, last }
}

function noContent(content: JsonNode): Edit {
  const { start, end } = content
  const text = content.isString ? NO_CONTENT : [{ type: 'text', text: NO_CONTENT }]
  return { start, end, text: JSON.stringify(text) }
}

/** An empty list may have white space. */
const SHORT = 100

/** Which of a content's texts have no words, those of results among them. Most have some, so this looks once and makes nothing. */
function emptyIn(content: JsonNode, hasBlanks: boolean): 'none' | 'some' | 'all' {
  if (content.isString) return hasBlanks && content.hasBlanks ? 'all' : 'none'
  if (!content.isArray) return 'none'
  if (!hasBlanks) return content.end - content.start < SHORT && content.items().length === 0 ? 'all' : 'none'
  let hasEmpty = false
  let hasWords = false
  for (const block of content.items()) {
    const type = block.get('type')
    if (type?.is('text') && isEmptyText(block)) hasEmpty = true
    else hasWords = true
    if (type?.is('tool_result') && block.get('content')?.items().some(isEmptyText)) hasEmpty = true
  }
  if (!hasWords) return 'all'
  return hasEmpty ? 'some' : 'none'
}

/** Results too hold texts. */
function repairContent(content: JsonNode, i: number, repairs: Repairs): void {
  repairs.add(`messages[${i}]: empty texts left out`, withoutEmptyTexts(content))
  for (const block of content.items()) {
    const inner = block.get('type')?.is('tool_result') ? block.get('content') : undefined
    if (inner) repairs.add(`messages[${i}]: empty texts left out of a result`, withoutEmptyTexts(inner))
  }
}

function withoutEmptyTexts(list: JsonNode): Edit[] {
  return list.isArray && list.items().some(isEmptyText) ? withoutItems(list, isEmptyText) : []
}

/** Behind the last words, where empty texts go anyway. */
function trim(content: JsonNode, i: number, words: boolean, repairs: Repairs): void {
  const last = content.isString
    ? content
    : textOf(content.items().findLast((block) => !words || !isEmptyText(block)))
  const text = last?.string()
  const trimmed = text && trimmedEnd(text)
  if (last && trimmed !== text)
    repairs.add(`messages[${i}]: white space at the end left out`, [
      { start: last.start, end: last.end, text: JSON.stringify(trimmed) },
    ])
}

function trimmedEnd(text: string): string {
  let end = text.length
  while (WHITE.includes(text[end - 1] ?? 'x')) end--
  return text.slice(0, end)
}

const WHITE = ' \n\t\r'

function isEmptyText(block: JsonNode): boolean {
  const text = textOf(block)
  return text?.hasBlanks === true
}

function textOf(block: JsonNode | undefined): JsonNode | undefined {
  const text = block?.get('type')?.is('text') ? block.get('text') : undefined
  return text?.isString ? text : undefined
}
