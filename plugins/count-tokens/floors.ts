import type { Call, StateStore } from '../../core/index.js'
import { accountRequest, isRecord, parseJson } from '../../core/kit.js'

const KIND = 'token-floor'
const TTL = 6 * 60 * 60_000

/** What a floor is about. */
export interface Prompt {
  readonly session: string
  /** Of what is counted: a count has no `max_tokens`, `metadata` and the like. */
  readonly bytes: number
  readonly messages: number
}

/** What prompts of sessions last had, by their upstream's own count: a prompt that goes on from there has no fewer tokens. */
export class Floors {
  constructor(private readonly state: StateStore) {}

  set({ session, bytes, messages }: Prompt, tokens: number): void {
    this.state.set(KIND, session, JSON.stringify({ tokens, bytes, messages }), TTL)
  }

  /** 0 for a prompt that is shorter, as after a compaction, or the one tool that `/context` asks about. */
  of({ session, bytes, messages }: Prompt): number {
    const fact = this.state.get(KIND, session)
    const floor = fact && parseJson(fact.value)
    if (!isRecord(floor)) return 0
    const isLonger = bytes >= Number(floor.bytes) && messages >= Number(floor.messages)
    return isLonger && Number.isFinite(floor.tokens) ? Number(floor.tokens) : 0
  }
}

export function promptOf(call: Call): Prompt {
  const parts = COUNTED.map((name) => call.tree.get(name))
  const bytes = parts.reduce((sum, part) => sum + (part ? part.end - part.start : 0), 0)
  const messages = parts[MESSAGES]!.items().length
  return { session: `${accountRequest(call).session.own} ${call.model}`, bytes, messages }
}

const COUNTED = ['system', 'tools', 'messages']
const MESSAGES = 2
