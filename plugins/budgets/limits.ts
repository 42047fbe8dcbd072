import { z } from 'zod'

export const limitSchema = z
  .strictObject({
    /** Whose budget: each client key, session, agent or label has its own; `day` is one for all requests. */
    per: z.enum(['key', 'session', 'agent', 'day', 'label']),
    /** For `per: 'label'`: this one alone, as `key=value`. Default: each label on its own. */
    label: z.string().min(1).optional(),
    /** Input, output and what a cache took; what a cache served is free. */
    tokens: z.int().min(1).optional(),
    /** US dollars. */
    usd: z.number().positive().optional(),
    /** When it starts over, at midnight of the gateway's time. Default: `never` for sessions and agents, else `day`. */
    every: z.enum(['day', 'week', 'month', 'never']).optional(),
  })
  .refine(({ tokens, usd }) => (tokens === undefined) !== (usd === undefined), {
    error: 'expected one of tokens and usd',
  })

export type Limit = z.output<typeof limitSchema>
export type Unit = 'tokens' | 'usd'

/** A limit as it applies to one request. Amounts are whole tokens or millionths of a dollar. */
export interface Budget {
  readonly limit: Limit
  readonly unit: Unit
  readonly amount: number
  readonly every: NonNullable<Limit['every']>
  /** Of its sum in the state store. */
  readonly key: string
  /** Milliseconds since 1970 at which it starts over; undefined: never. */
  readonly ends: number | undefined
}

export const MICRO = 1_000_000

/** Where and when a limit's present sum is. `id` is a digest: a key or a session's name is in no store. */
export function budgetOf(limit: Limit, id: string, now: number): Budget {
  const { per, tokens, usd } = limit
  const every = limit.every ?? (per === 'session' || per === 'agent' ? 'never' : 'day')
  const { start, ends } = period(every, new Date(now))
  const unit = usd === undefined ? 'tokens' : 'usd'
  const amount = usd === undefined ? tokens! : Math.round(usd * MICRO)
  return { limit, unit, amount, every, key: `${per}|${id}|${unit}|${every}|${start}`, ends }
}

function period(every: NonNullable<Limit['every']>, now: Date): { start: string; ends: number | undefined } {
  if (every === 'never') return { start: '', ends: undefined }
  const [year, month, date] = [now.getFullYear(), now.getMonth(), now.getDate()]
  const sinceMonday = (now.getDay() + 6) % 7
  const start =
    every === 'day'
      ? new Date(year, month, date)
      : every === 'week'
        ? new Date(year, month, date - sinceMonday)
        : new Date(year, month, 1)
  const ends = new Date(start)
  if (every === 'month') ends.setMonth(ends.getMonth() + 1)
  else ends.setDate(ends.getDate() + (every === 'day' ? 1 : 7))
  return { start: `${start.getFullYear()}-${start.getMonth() + 1}-${start.getDate()}`, ends: ends.getTime() }
}
