import type { AttemptRecord, Call, RecordFacts } from '../../core/index.js'
import { bodyDifferences, type Passage } from '../../core/kit.js'
import { sentTokens } from './sent-tokens.js'

/**
 * What a prompt cache did for a request: `hit`; `first`, nothing to compare with; `none`, the upstream tells of no cache; or why
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
  /** What the upstream itself says, where it was asked. */
  readonly official?: unknown
}

interface Turn {
  readonly at: number
  readonly upstream: string
  readonly account: string
  readonly model: string
  readonly tokens: number
  /** Put together only where a cache missed. */
  readonly call: Call
  readonly size: number
  readonly passages: () => readonly Passage[]
}

/** Conversations whose last body is kept, and their bytes together. */
const MOST = 64
const MEMORY = 24 * 1024 * 1024
const MINUTE = 60_000
/** A cache may be coarser than a token count. */
const TOLERANCE = 0.9
/** Shorter prompts are not cached by anybody (https://platform.claude.com/docs/en/build-with-claude/prompt-caching). */
const SHORTEST = 1024

/**
 * Compares a turn with the one before, where the upstream reports fewer cached tokens than that one left. The last body of each
 * conversation is kept for it, and looked at only then.
 */
export class CacheDoctor {
  readonly #turns = new Map<string, Turn>()
  #bytes = 0

  look(
    facts: RecordFacts,
    attempt: AttemptRecord | undefined,
    call: Call | undefined,
    passages: () => readonly Passage[],
    now = Date.now(),
  ): CacheVerdict | undefined {
    if (!attempt || !call || facts.session === undefined || sentTokens(attempt) === undefined)
      return undefined
    const key = `${facts.session}/${facts.agent ?? ''}`
    const before = this.#turns.get(key)
    const turn = turnOf(attempt, call, passages, now)
    const verdict = judge(before, turn, attempt)
    this.#keep(key, turn)
    return verdict
  }

  #keep(key: string, turn: Turn): void {
    this.#drop(key)
    this.#turns.set(key, turn)
    this.#bytes += turn.size
    while (this.#turns.size > MOST || this.#bytes > MEMORY) this.#drop(this.#turns.keys().next().value!)
  }

  #drop(key: string): void {
    this.#bytes -= this.#turns.get(key)?.size ?? 0
    this.#turns.delete(key)
  }
}

function turnOf(attempt: AttemptRecord, call: Call, passages: () => readonly Passage[], at: number): Turn {
  const { upstream, account, model, cacheReadTokens = 0, cacheCreationTokens = 0 } = attempt
  const tokens = cacheReadTokens + cacheCreationTokens
  const size = call.record.facts.requestBytes ?? 0
  return { at, upstream, account, model, tokens, call, size, passages }
}

function judge(before: Turn | undefined, turn: Turn, attempt: AttemptRecord): CacheVerdict {
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
  const change = firstChange(before, turn)
  if (change) return { verdict: 'prefix', ...lost, ...change }
  const minutes = (turn.at - before.at) / MINUTE
  const longLived = before.call.bytes.includes('"ttl":"1h"') ? 60 : 5
  const detail = `${Math.round(minutes * 10) / 10} min since the turn before; its cache lives for ${longLived}`
  return { verdict: minutes > longLived ? 'expired' : 'unknown', ...lost, detail }
}

/** The first difference in the order in which a prompt is read; what was added behind the turn before is none. */
function firstChange(before: Turn, turn: Turn): Pick<CacheVerdict, 'region' | 'path' | 'plugin'> | undefined {
  const paths = bodyDifferences(before.call.bytes, turn.call.bytes)
  for (const field of ['tools', 'system', 'messages']) {
    const path = paths.find(
      (each) => each === field || each.startsWith(`${field}[`) || each.startsWith(`${field}.`),
    )
    if (path === undefined) continue
    const region = field === 'messages' ? (/^messages\[\d+\]/.exec(path)?.[0] ?? field) : field
    const plugin = [...changedIn(turn), ...changedIn(before)].find(
      ([changed]) =>
        changed === path ||
        changed.startsWith(path) ||
        path.startsWith(`${changed}.`) ||
        path.startsWith(`${changed}[`),
    )?.[1]
    return { region, path, ...(plugin !== undefined && { plugin }) }
  }
  return undefined
}

/** Paths that plugins changed, with their names. */
function changedIn({ passages }: Turn): (readonly [path: string, plugin: string])[] {
  return passages().flatMap(({ plugin, changes = [] }) => changes.map(({ path }) => [path, plugin] as const))
}
