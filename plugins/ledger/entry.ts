import type { Account, CallHead, FinishedRecord, PriceList } from '../../core/index.js'
import { costOf } from '../../core/kit.js'
import { dayOf } from './buckets.js'
import type { Entry } from './schema.js'

/**
 * What is kept of a record until its row is written. Not the record itself: what plugins keep of the request hangs on it, and all of
 * that would outlive the young generation (25 µs of collection a request under load).
 */
export interface Finished {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly record: Pick<FinishedRecord, 'facts' | 'attempts' | 'times' | 'status' | 'ending'>
}

export function finished(record: FinishedRecord, { id }: CallHead): Finished {
  const { facts, attempts, times, status, ending } = record
  return { id, time: Date.now() - record.elapsed(), record: { facts, attempts, times, status, ending } }
}

/** The row of a request. Without prices its costs are unknown. */
export function entryOf(
  { id, time, record }: Finished,
  accounts: ReadonlyMap<string, Account>,
  prices: PriceList | undefined,
): Entry {
  const { facts, attempts, times } = record
  const answer = attempts.at(-1)
  const sum = (field: Kind) => total(attempts.map((attempt) => attempt[field]))
  const { cost, listCost, plan } = costOf(record, accounts, prices)
  const row = {
    id,
    time: Math.round(time),
    day: dayOf(time),
    session: facts.session ?? null,
    prompt: facts.prompt ?? null,
    agent: facts.agent ?? null,
    agent_type: facts.agentType ?? null,
    request_class: facts.requestClass ?? null,
    model: facts.model?.slice(0, LONGEST) ?? null,
    served: answer?.model.slice(0, LONGEST) ?? null,
    account: answer?.account ?? null,
    upstream: answer?.upstream ?? null,
    status: record.status ?? null,
    ending: record.ending,
    error_code: facts.errorCode ?? null,
    attempts: attempts.length,
    input_tokens: sum('inputTokens'),
    output_tokens: sum('outputTokens'),
    cache_read_tokens: sum('cacheReadTokens'),
    cache_creation_tokens: sum('cacheCreationTokens'),
    cost: cost ?? null,
    list_cost: listCost ?? null,
    plan: plan ? 1 : 0,
    first_ms: whole(answer?.times.firstContent),
    ms: whole(times.finished),
  }
  return { row, labels: Object.entries(facts.labels ?? {}).map(([key, value]) => `${key}=${value}`) }
}

type Kind = 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheCreationTokens'

/** Clients choose the model's name. */
const LONGEST = 200

const whole = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms))

function total(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}
