import type { Edit } from '../../core/index.js'
import { addedItems, arrayOf, type JsonNode, withoutItems } from '../../core/kit.js'
import { blocksOf, definitionsIn, isText } from './blocks.js'
import { appended } from './splice.js'

export interface Folded {
  readonly edits: readonly Edit[]
  /** Entries that became text of the user's. */
  readonly folded: number
  /** Entries that became part of the top-level `system`. */
  readonly hoisted: number
}

/** Blocks that a user message gets: behind its leading tool results, and at its end. */
interface Guests {
  readonly early: Buffer[]
  readonly late: Buffer[]
}

/**
 * `system` entries at the beginning of `messages` join the top-level `system`; the others (unless `onlyFirst`) become text of
 * the user message before them, else of the one behind them, else a user message of their own. What precedes them keeps
 * its bytes, and a conversation that goes on has each of them in the same place.
 */
export function foldSystem(body: JsonNode, roles: readonly string[], onlyFirst: boolean): Folded {
  const messages = body.get('messages')!
  const items = messages.items()
  // A conversation of nothing but such entries keeps the last one as the user's: an empty one is a 400.
  const other = roles.findIndex((role) => role !== 'system')
  const first = other < 0 ? items.length - 1 : other
  const hoisted = items.slice(0, first)
  const runs = onlyFirst && other >= 0 ? [] : runsOf(roles, first)

  const gone = new Set(hoisted.keys())
  const edits: Edit[] = []
  const guests = new Map<number, Guests>()
  for (const [from, end] of runs) {
    const blocks = items.slice(from, end).flatMap((message) => blocksOf(message, REMINDER))
    for (let i = from; i < end; i++) gone.add(i)
    if (blocks.length === 0) continue
    const host = [from - 1, end].find((i) => roles[i] === 'user' && hasContent(items[i]!))
    if (host === undefined) {
      gone.delete(end - 1)
      const { start, end: stop } = items[end - 1]!
      edits.push({ start, end: stop, text: Buffer.concat([OPEN_USER, arrayOf(blocks), CLOSE]) })
      continue
    }
    const at = guests.get(host) ?? { early: [], late: [] }
    guests.set(host, at)
    for (const block of blocks) at[host < from ? 'late' : 'early'].push(block)
  }
  for (const [host, { early, late }] of guests)
    for (const edit of withGuests(items[host]!.get('content')!, early, late)) edits.push(edit)
  for (const edit of withoutItems(messages, (_, i) => gone.has(i))) edits.push(edit)

  const moved = [...hoisted, ...runs.flatMap(([from, end]) => items.slice(from, end))]
  const blocks = hoisted.flatMap((message) => blocksOf(message))
  edits.push(
    ...appended(body, [
      ['system', blocks],
      ['tools', definitionsIn(moved, body.get('tools'))],
    ]),
  )
  return { edits, folded: moved.length - first, hoisted: first }
}

const REMINDER = ['<system-reminder>\\n', '\\n</system-reminder>'] as const
const OPEN_USER = Buffer.from('{"role":"user","content":')
const CLOSE = Buffer.from('}')

/** Where `system` entries stand in a row, from `first` on. */
function runsOf(roles: readonly string[], first: number): (readonly [from: number, end: number])[] {
  const runs: (readonly [number, number])[] = []
  for (let from = first; from < roles.length; from++) {
    if (roles[from] !== 'system') continue
    let end = from + 1
    while (roles[end] === 'system') end++
    runs.push([from, end])
    from = end
  }
  return runs
}

function hasContent(message: JsonNode): boolean {
  const content = message.get('content')
  return content !== undefined && (content.isString || content.isArray)
}

/** Tool results come first in a message, so what joins it from the front goes behind them. */
function withGuests(content: JsonNode, early: readonly Buffer[], late: readonly Buffer[]): Edit[] {
  if (!content.isArray) {
    const own = isText(content) ? [Buffer.concat([OPEN_TEXT, content.raw, CLOSE])] : []
    return [{ start: content.start, end: content.end, text: arrayOf([...early, ...own, ...late]) }]
  }
  const items = content.items()
  const other = items.findIndex((block) => !block.get('type')?.is('tool_result'))
  if (other < 0) return addedItems(content, items.length, [...early, ...late])
  return [...addedItems(content, other, early), ...addedItems(content, items.length, late)]
}

const OPEN_TEXT = Buffer.from('{"type":"text","text":')
