import type { Call, StateStore } from '../../core/index.js'
import { accountRequest, isRecord, parseJson } from '../../core/kit.js'

const KIND = 'token-floor'
const TTL = 6 * 60 * 60_000

/** What prompts of sessions last had, by their upstream's own count: a prompt that goes on from there has no fewer tokens. */
export class Floors {
  constructor(private readonly state: StateStore) {}

  set(call: Call, tokens: number): void {
    const { bytes, messages } = sizeOf(call)
    this.state.set(KIND, keyOf(call), JSON.stringify({ tokens, bytes, messages }), TTL)
  }

  /** 0 for a prompt that is shorter, as after a compaction, or the one tool that `/context` asks about. */
  of(call: Call): number {
    const fact = this.state.get(KIND, keyOf(call))
    const floor = fact && parseJson(fact.value)
    if (!isRecord(floor)) return 0
    const { bytes, messages } = sizeOf(call)
    const isLonger = bytes >= Number(floor.bytes) && messages >= Number(floor.messages)
    return isLonger && Number.isFinite(floor.tokens) ? Number(floor.tokens) : 0
  }
}

/** Of what is counted: a count has no `max_tokens`, `metadata` and the like. */
function sizeOf({ tree, roles }: Call) {
  const parts = ['system', 'tools', 'messages'].map((name) => tree.get(name))
  const bytes = parts.reduce((sum, part) => sum + (part ? part.end - part.start : 0), 0)
  return { bytes, messages: roles.length }
}

function keyOf(call: Call): string {
  return `${accountRequest(call).session.own} ${call.model}`
}
