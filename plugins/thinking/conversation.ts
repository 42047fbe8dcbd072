import type { Edit } from '../../core/index.js'
import { addedItems, type JsonNode, withoutItems } from '../../core/kit.js'
import { isForeign, isSealed } from './signature.js'

/** What the upstream does not take, or wants, of the thinking in a conversation. */
export interface BlockNeeds {
  /** No `thinking` blocks at all. */
  readonly noThinking: boolean
  readonly noRedacted: boolean
  readonly noSealed: boolean
  readonly noForeign: boolean
  /** One on each assistant message with a tool call. */
  readonly onToolCalls: boolean
}

export interface Conversation {
  readonly edits: readonly Edit[]
  /** Blocks taken out, by why. */
  readonly removed: ReadonlyMap<string, number>
  /** Empty blocks put in. */
  readonly added: number
  /** Tool calls that wait for their results began at another upstream, and what it thought there is gone. */
  readonly movedInLoop: boolean
}

const NOTHING: Conversation = { edits: [], removed: new Map(), added: 0, movedInLoop: false }
const EMPTY = '{"type":"thinking","thinking":"","signature":""}'

/** What fits the thinking of a conversation to an upstream. A turn that was nothing else goes as a whole: an empty one is a 400. */
export function fitConversation(
  body: JsonNode,
  roles: readonly string[],
  needs: BlockNeeds,
  checkLoop: boolean,
): Conversation {
  const messages = body.get('messages')!
  const hasThinking = body.places('thinking').length > 0 || body.places('redacted_thinking').length > 0
  if (!hasThinking && !needs.onToolCalls && !checkLoop) return NOTHING
  const items = messages.items()
  const edits: Edit[] = []
  const removed = new Map<string, number>()
  /** Positions of the turns that go as a whole. */
  const gone = new Set<number>()
  /** Turns that begin with thinking that stays, and those that lost some. */
  const begins = new Set<number>()
  const lost = new Set<number>()
  let added = 0

  items.forEach((message, i) => {
    if (roles[i] !== 'assistant') return
    const content = message.get('content')
    const blocks = content?.items() ?? []
    const kinds = blocks.map(kindOf)
    const out = blocks.map((block, j) => (kinds[j] ? reasonFor(block, kinds[j], needs) : undefined))
    const kept = out.indexOf(undefined)
    if (kinds[kept]) begins.add(i)
    const losesSome = out.some(Boolean)
    if (losesSome) {
      lost.add(i)
      for (const why of out) if (why) removed.set(why, (removed.get(why) ?? 0) + 1)
    }
    if (blocks.length > 0 && kept < 0) {
      gone.add(i)
      return
    }
    const thinks = kinds.some((kind, j) => kind && !out[j])
    if (needs.onToolCalls && !thinks && blocks.some(isToolCall)) {
      added++
      edits.push(...addedItems(content!, 0, [EMPTY]))
    }
    if (losesSome) edits.push(...withoutItems(content!, (_, j) => out[j] !== undefined))
  })
  if (gone.size > 0) for (const edit of withoutItems(messages, (_, i) => gone.has(i))) edits.push(edit)
  const first = checkLoop ? loopStart(items, roles) : undefined
  const movedInLoop =
    first !== undefined && !begins.has(first) && (lost.has(first) || hasForeignCall(items[first]!))
  return { edits, removed, added, movedInLoop }
}

function kindOf(block: JsonNode): 'thinking' | 'redacted' | undefined {
  const type = block.get('type')
  if (type?.is('thinking')) return 'thinking'
  return type?.is('redacted_thinking') ? 'redacted' : undefined
}

function reasonFor(block: JsonNode, kind: 'thinking' | 'redacted', needs: BlockNeeds): string | undefined {
  if (needs.noSealed && isSealed(block)) return 'sealed for another upstream'
  if (kind === 'thinking' && needs.noThinking) return 'not taken by the upstream'
  if (kind === 'redacted' && needs.noRedacted) return 'not taken by the upstream'
  return needs.noForeign && isForeign(block) ? 'signed by another upstream' : undefined
}

function isToolCall(block: JsonNode): boolean {
  return block.get('type')?.is('tool_use') === true
}

/** Ids of Claude's tool calls, wherever it is served; other upstreams make others. */
const OWN_CALL = Buffer.from('"toolu_')

function hasForeignCall(message: JsonNode): boolean {
  const calls = (message.get('content')?.items() ?? []).filter(isToolCall)
  return calls.some((call) => !call.get('id')?.raw.subarray(0, OWN_CALL.length).equals(OWN_CALL))
}

/**
 * The first assistant message since the user spoke last, when the conversation ends with tool results: what came since is
 * one turn, which must begin with thinking where thinking has a budget.
 */
function loopStart(items: readonly JsonNode[], roles: readonly string[]): number | undefined {
  let first: number | undefined
  let results = 0
  for (let i = roles.length - 1; i >= 0; i--) {
    if (roles[i] === 'assistant') first = i
    else if (roles[i] === 'user') {
      if (!hasResults(items[i]!)) break
      results++
    }
  }
  return results > 0 ? first : undefined
}

function hasResults(message: JsonNode): boolean {
  const blocks = message.get('content')?.items() ?? []
  return blocks.some((block) => block.get('type')?.is('tool_result'))
}
