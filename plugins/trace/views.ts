import type { AttemptRecord } from '../../core/index.js'
import type { CacheVerdict } from './cache-doctor.js'
import type { Entry } from './entry.js'
import { failedAttempts } from './failures.js'
import type { Money } from './money.js'
import { sentTokens } from './sent-tokens.js'

/** One line of a list of requests. Times in milliseconds, tokens as the upstream reported them. */
export type Row = ReturnType<typeof rowOf>

export function rowOf(entry: Entry, money: Money) {
  const { id, at, route, status, ending, facts, times, attempts, cache } = entry
  const answer = attempts.at(-1)
  const sent = sentTokens(answer)
  const { cost, listCost, plan } = money.of(entry)
  return {
    id,
    at: new Date(at).toISOString(),
    route,
    status,
    ending,
    session: facts.session,
    agent: facts.agent,
    parentAgent: facts.parentAgent,
    agentType: facts.agentType,
    requestClass: facts.requestClass,
    prompt: facts.prompt,
    labels: facts.labels,
    model: facts.model,
    mappedModel: facts.mappedModel,
    upstream: facts.upstream ?? answer?.upstream,
    account: facts.account ?? answer?.account,
    attempts: attempts.length,
    failedAttempts: failedAttempts(at, attempts),
    ms: rounded(times.finished),
    firstContentMs: rounded(answer?.times.firstContent),
    inputTokens: answer?.inputTokens,
    outputTokens: answer?.outputTokens,
    cacheReadTokens: answer?.cacheReadTokens,
    cacheCreationTokens: answer?.cacheCreationTokens,
    /** US dollars, of all attempts: undefined where no price is known or a plan pays; and by the name that the client asked for. */
    cost,
    listCost,
    plan,
    /** False: no answer reported how many tokens it took. */
    usageKnown: answer?.inputTokens !== undefined,
    estimatedTokens: facts.estimatedTokens,
    /** Of the estimate, as a share of what it was: 0.1 is 10 % too many. */
    estimateError:
      sent && facts.estimatedTokens !== undefined
        ? Math.round((facts.estimatedTokens / sent - 1) * 1000) / 1000
        : undefined,
    stopReason: answer?.stopReason,
    error: facts.error,
    code: facts.errorCode,
    cache: cache?.verdict,
    lostTokens: cache?.lostTokens,
    lostCost: money.lost(cache, answer),
    /** Why it missed, in a few words. */
    cacheWhy: cache && missedBy(cache),
    /** The first words of the prompt, with `bodies: true`. */
    text: entry.text,
  }
}

function missedBy({ region, plugin, detail, tool, before, after }: CacheVerdict): string | undefined {
  if (region === undefined) return detail
  const how = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
  const which = tool === undefined ? '' : ` (${tool} ${how})`
  return `${region} changed${which}${plugin === undefined ? '' : `, by ${plugin}`}`
}

export type Details = ReturnType<typeof detailsOf>

/** All that is known of a request; with `?bodies=false` only how long its bodies are. */
export function detailsOf(entry: Entry, money: Money, query = '') {
  const { facts, times, notes, attempts, passages, cache, bodies } = entry
  return {
    ...rowOf(entry, money),
    requestBytes: facts.requestBytes,
    accountWaitMs: rounded(facts.accountWaitMs),
    heartbeats: facts.heartbeats,
    upstreamRequestId: facts.upstreamRequestId,
    times: roundedAll(times),
    plugins: passages.map((passage) => ({
      ...passage,
      in: rounded(passage.in),
      passed: rounded(passage.passed),
      out: rounded(passage.out),
    })),
    attempts: attempts.map((attempt) => attemptOf(attempt, bodies !== undefined)),
    notes,
    cache: cache && { ...cache, lostCost: money.lost(cache, attempts.at(-1)) },
    path: entry.path,
    bodies:
      bodies && new URLSearchParams(query).get('bodies') !== 'false'
        ? {
            request: bodies.request?.toString('utf8'),
            headers: bodies.headers,
            query: bodies.query,
            answer: bodies.answer?.toString('utf8'),
          }
        : undefined,
    bodySizes: bodies && { request: bodies.request?.length, answer: bodies.answer?.length },
  }
}

function attemptOf(attempt: AttemptRecord, hasWords: boolean) {
  const { choice, times, cooldown, ms, longestGap, chunks, bytes, ...rest } = attempt
  const seconds = ((times.lastByte ?? 0) - (times.firstContent ?? 0)) / 1000
  const { outputTokens = 0 } = attempt
  return {
    ...rest,
    /** With `bodies: true`: what the upstream said of its error. */
    words: hasWords ? attempt.words() : undefined,
    choice,
    cooldown: cooldown && { ...cooldown, ms: Number.isFinite(cooldown.ms) ? rounded(cooldown.ms) : null },
    ms: rounded(ms),
    times: roundedAll(times),
    bytes,
    chunks,
    longestGapMs: rounded(longestGap),
    tokensPerSecond: times.firstContent && seconds > 0 ? rounded(outputTokens / seconds) : undefined,
  }
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10
}

function roundedAll(times: object): Record<string, number | undefined> {
  return Object.fromEntries(
    Object.entries(times).map(([name, ms]) => [name, rounded(ms as number | undefined)]),
  )
}
