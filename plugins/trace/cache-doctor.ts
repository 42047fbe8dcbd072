import type { AttemptRecord, RecordFacts } from '../../core/index.js'
import type { Passage, ShownChanges } from '../../core/kit.js'
import { firstChange } from './first-change.js'
import type { OfficialVerdict } from './official.js'
import { sentTokens } from './sent-tokens.js'

/**
 * What a prompt cache did for a request: `hit`; `first`, nothing to compare with; `none`, the upstream reports no cache; or why
 * it missed: `upstream`, `account` or `model` changed, the `prefix` changed, its time to live passed (`expired`), or nothing of
 * ours explains it (`unknown`).
 */
export interface CacheVerdict {
  readonly verdict:
    | 'hit'
    | 'first'
    | 'none'
    | 'upstream'
    | 'account'
    | 'model'
    | 'prefix'
    | 'expired'
    | 'unknown'
  /** Tokens that were in the cache after the turn before, and those that came out of it now. */
  readonly expectedTokens?: number
  readonly cachedTokens?: number
  /** Tokens that were paid for again. */
  readonly lostTokens?: number
  /** In words: what it was before and what it is now, or how much time passed. */
  readonly detail?: string
  /** Of a changed prefix: `tools`, `system` or `messages[3]`, the path of the first change, and the plugin that made it. */
  readonly region?: string
  readonly path?: string
  readonly plugin?: string
  /** What was there and what is there now, at most 200 characters; without `bodies` strings are their lengths. The name of a tool. */
  readonly before?: string
  readonly after?: string
  readonly tool?: string
  /** What the upstream itself says, where it was asked. */
  readonly official?: OfficialVerdict
}

interface Turn {
  readonly at: number
  readonly upstream: string
  readonly account: string
  readonly model: string
  readonly tokens: number
  /** Undefined for a request that was not watched. */
  readonly body: Body | undefined
  readonly passages: readonly Passage[]
}

/** A body in a buffer that may have room for the next turn's, which is longer. */
interface Body {
  readonly buffer: Buffer
  readonly length: number
}

/** Conversations whose last body is kept, and their bytes together. */
const MOST = 64
const MEMORY = 24 * 1024 * 1024
const MINUTE = 60_000
/** A cache may be coarser than a token count. */
const TOLERANCE = 0.9
/** No provider caches shorter prompts (https://platform.claude.com/docs/en/build-with-claude/prompt-caching). */
const SHORTEST = 1024

/**
 * Compares a turn with the one before, where the upstream reports fewer cached tokens than that one left. The last body of each
 * conversation is kept for it, and looked at only then.
 */
export class CacheDoctor {
  readonly #turns = new Map<string, Turn>()
  #bytes = 0

  /** A verdict, or how to find one: two bodies of 300 kB are compared only when it is read. */
  look(
    facts: RecordFacts,
    attempt: AttemptRecord | undefined,
    body: Buffer | undefined,
    passages: readonly Passage[],
    shown: ShownChanges,
    now = Date.now(),
  ): CacheVerdict | (() => CacheVerdict) | undefined {
    if (!attempt || facts.session === undefined || sentTokens(attempt) === undefined) return undefined
    const key = facts.agent === undefined ? facts.session : `${facts.session}/${facts.agent}`
    const before = this.#turns.get(key)
    const { upstream, account, model, cacheReadTokens = 0, cacheCreationTokens = 0 } = attempt
    const turn = {
      at: now,
      upstream,
      account,
      model,
      tokens: cacheReadTokens + cacheCreationTokens,
      passages,
    }
    const verdict = judge(before, turn, attempt)
    if (typeof verdict !== 'function') {
      this.#keep(key, { ...turn, body: body && copyOf(body, before?.body?.buffer) })
      return verdict
    }
    // What is compared later keeps both bodies for itself.
    const own = { ...turn, body: body && copyOf(body) }
    this.#keep(key, { ...turn, body: body && copyOf(body) })
    return () => verdict(own, shown)
  }

  clear(): void {
    this.#turns.clear()
    this.#bytes = 0
  }

  #keep(key: string, turn: Turn): void {
    this.#drop(key)
    this.#turns.set(key, turn)
    this.#bytes += sizeOf(turn)
    while (this.#turns.size > MOST || this.#bytes > MEMORY) this.#drop(this.#turns.keys().next().value!)
  }

  #drop(key: string): void {
    this.#bytes -= sizeOf(this.#turns.get(key))
    this.#turns.delete(key)
  }
}

function sizeOf(turn: Turn | undefined): number {
  return turn?.body?.buffer.length ?? 0
}

/**
 * A body of its own would be kept from one turn to the next, and what lives so long is collected with the whole heap alone: then each
 * turn of a large conversation would bring such a collection nearer.
 */
function copyOf(body: Buffer, into?: Buffer): Body {
  const buffer =
    into && into.length >= body.length ? into : Buffer.allocUnsafeSlow(Math.ceil(body.length * ROOM))
  body.copy(buffer)
  return { buffer, length: body.length }
}

/** Of what a conversation grows until it gets another buffer. */
const ROOM = 1.25

type Sent = Omit<Turn, 'body'>

function judge(
  before: Turn | undefined,
  turn: Sent,
  attempt: AttemptRecord,
): CacheVerdict | ((turn: Turn, shown: ShownChanges) => CacheVerdict) {
  const { cacheReadTokens } = attempt
  if (!before) return { verdict: 'first' }
  if (cacheReadTokens === undefined) return { verdict: 'none' }
  const expectedTokens = before.tokens
  const numbers = { expectedTokens, cachedTokens: cacheReadTokens }
  if (expectedTokens < SHORTEST || cacheReadTokens >= expectedTokens * TOLERANCE)
    return { verdict: cacheReadTokens > 0 ? 'hit' : 'none', ...numbers }
  const lost = { ...numbers, lostTokens: expectedTokens - cacheReadTokens }
  for (const what of ['upstream', 'account', 'model'] as const)
    if (before[what] !== turn[what])
      return { verdict: what, ...lost, detail: `${before[what]} before, ${turn[what]} now` }
  return (own, shown) => miss(before, own, shown, lost)
}

function miss(
  before: Turn,
  turn: Turn,
  shown: ShownChanges,
  lost: Pick<CacheVerdict, 'lostTokens'>,
): CacheVerdict {
  const change =
    before.body &&
    turn.body &&
    firstChange(textOf(before.body), textOf(turn.body), shown, [...turn.passages, ...before.passages])
  if (change) return { verdict: 'prefix', ...lost, ...change }
  const minutes = (turn.at - before.at) / MINUTE
  const longLived = before.body && textOf(before.body).includes('"ttl":"1h"') ? 60 : 5
  const compared = before.body && turn.body ? '' : '; the two were not compared, as one of them was not kept'
  const detail = `${Math.round(minutes * 10) / 10} min since the turn before; its cache lives for ${longLived}${compared}`
  return { verdict: minutes > longLived ? 'expired' : 'unknown', ...lost, detail }
}

function textOf({ buffer, length }: Body): Buffer {
  return buffer.subarray(0, length)
}
