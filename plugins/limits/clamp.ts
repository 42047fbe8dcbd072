import type { Edit } from '../../core/index.js'
import { type JsonNode, withoutMembers } from '../../core/kit.js'

/** https://docs.claude.com/en/api/messages: a budget is at least this and less than `max_tokens`. */
const SMALLEST_BUDGET = 1_024

export interface Clamped {
  readonly edits: readonly Edit[]
  /** The client's `max_tokens`. */
  readonly asked: number
}

/** Brings `max_tokens` down to the largest that is taken, and a thinking budget below it. Undefined where nothing is above it. */
export function clamp(body: JsonNode, largest: number): Clamped | undefined {
  const tokens = body.get('max_tokens')
  const asked = tokens?.value()
  if (!tokens || typeof asked !== 'number' || asked <= largest) return undefined
  const edits: Edit[] = [{ start: tokens.start, end: tokens.end, text: String(largest) }]
  const budget = body.get('thinking')?.get('budget_tokens')
  const thinks = budget?.value()
  if (budget && typeof thinks === 'number' && thinks >= largest) {
    if (largest > SMALLEST_BUDGET) {
      const half = Math.max(SMALLEST_BUDGET, Math.floor(largest / 2))
      edits.push({ start: budget.start, end: budget.end, text: String(half) })
    } else edits.push(...withoutMembers(body, (key) => key.is('thinking')))
  }
  return { edits, asked }
}
