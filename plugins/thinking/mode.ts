import type { Accepts, Edit } from '../../core/index.js'
import { type JsonNode, withoutItems, withoutMembers } from '../../core/kit.js'

/** Budgets in tokens for the levels of effort; without a level it is high, as at the API. */
const BUDGETS: Readonly<Record<string, number>> = {
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_768,
  max: 65_536,
}
/** https://docs.claude.com/en/api/messages: "Must be ≥1024 and less than `max_tokens`". */
const SMALLEST = 1_024

/** What becomes of the body's `thinking`. */
export type Mode =
  | { readonly type: 'enabled'; readonly budget: number }
  | { readonly type: 'adaptive' }
  | { readonly type: 'off' }

type Taken = Pick<Accepts, 'adaptiveThinking' | 'enabledThinking' | 'disabledThinking' | 'maxTokens'>

/** The form of thinking that the upstream takes in place of the client's; undefined: the client's. */
export function modeFor(body: JsonNode, taken: Taken): Mode | undefined {
  const type = body.get('thinking')?.get('type')
  if (type?.is('adaptive') && !taken.adaptiveThinking)
    return taken.enabledThinking ? enabled(body, taken.maxTokens) : { type: 'off' }
  if (type?.is('enabled') && !taken.enabledThinking)
    return { type: taken.adaptiveThinking ? 'adaptive' : 'off' }
  return type?.is('disabled') && !taken.disabledThinking ? { type: 'off' } : undefined
}

/** At most half of what may be said, so that an answer has room; a budget below the least that is taken is none. */
function enabled(body: JsonNode, limit = Number.POSITIVE_INFINITY): Mode {
  const effort = body.get('output_config')?.get('effort')?.string() ?? 'high'
  const asked = body.get('max_tokens')?.value()
  const room = Math.min(typeof asked === 'number' ? asked : Number.POSITIVE_INFINITY, limit)
  if (room <= SMALLEST) return { type: 'off' }
  const wanted = BUDGETS[effort] ?? BUDGETS.high!
  return { type: 'enabled', budget: Math.max(SMALLEST, Math.min(wanted, Math.floor(room / 2))) }
}

export function setMode(body: JsonNode, mode: Mode): Edit[] {
  if (mode.type === 'off') return withoutThinking(body)
  const thinking = body.get('thinking')!
  const { start, end } = thinking.get('type')!
  if (mode.type === 'adaptive')
    return [{ start, end, text: '"adaptive"' }, ...withoutMembers(thinking, (key) => key.is('budget_tokens'))]
  const had = thinking.get('budget_tokens')
  const budget = String(mode.budget)
  return had
    ? [
        { start, end, text: '"enabled"' },
        { start: had.start, end: had.end, text: budget },
      ]
    : [{ start, end, text: `"enabled","budget_tokens":${budget}` }]
}

/** Thinking off, and what may only stand beside it: the clearing of old thinking. */
function withoutThinking(body: JsonNode): Edit[] {
  const list = body.get('context_management')?.get('edits')
  const clearing = (list?.items() ?? []).map((edit) =>
    edit.get('type')?.string()?.startsWith('clear_thinking'),
  )
  const isEmptied = clearing.length > 0 && clearing.every(Boolean)
  return [
    ...(isEmptied || !list ? [] : withoutItems(list, (_, i) => clearing[i] === true)),
    ...withoutMembers(body, (key) => key.is('thinking') || (isEmptied && key.is('context_management'))),
  ]
}
