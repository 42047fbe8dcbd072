import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { GatewayError } from '../../core/index.js'
import type { Database, Place } from './database.js'
import { empty, merge, type Sums, type UsageRow } from './sums.js'

/** What requests can be summed by, and the column for it. */
const COLUMNS = {
  model: 'r.served',
  session: 'r.session',
  agent: 'r.agent',
  account: 'r.account',
  day: 'r.day',
  label: 'l.label',
} as const
export type By = keyof typeof COLUMNS

/** What `GET /_agproxy/api/usage` answers. */
export interface Usage {
  readonly by: By
  /** RFC 3339. */
  readonly since: string
  /** By cost and tokens, the most first; days in their order. */
  readonly rows: readonly UsageRow[]
  /** Groups past the 1000th, which are part of the total. */
  readonly more: number
  readonly total: Sums
}

const MOST_ROWS = 1_000

/** Milliseconds of rows for one statement: SQLite's hold the event loop until they end. */
const SLICE = 6 * 3_600_000

export function byOf(text: string): By {
  if (Object.hasOwn(COLUMNS, text)) return text as By
  const message = `by: expected ${Object.keys(COLUMNS).join(', ')}, found '${text.slice(0, 40)}'`
  throw new GatewayError('invalid_request_error', message, { code: 'AGP_INVALID_QUERY', retry: false })
}

/** Of a ledger that does not exist yet. */
export function nothing(by: By, since: number): Usage {
  return { by, since: new Date(since).toISOString(), rows: [], more: 0, total: empty() }
}

/** Sums of all requests since a time. SQLite's are made in slices of time, between which other requests go on. */
export async function usageOf(db: Database, place: Place, by: By, since: number): Promise<Usage> {
  const groups = new Map<string | null, UsageRow>()
  const total = empty()
  for (const { from, to } of await slices(db, place, since)) {
    const rows = await sumsBetween(db, sql.ref(COLUMNS[by]), by === 'label', from, to)
    for (const row of rows) {
      const group = groups.get(row.name) ?? { name: row.name, ...empty() }
      groups.set(row.name, group)
      merge(group, row)
    }
    // A request with two labels counts once in the total.
    const whole = by === 'label' ? await sumsBetween(db, sql`null`, false, from, to) : rows
    for (const row of whole) merge(total, row)
    await nextTurn()
  }
  const rows = sorted([...groups.values()], by)
  return {
    by,
    since: new Date(since).toISOString(),
    rows: rows.slice(0, MOST_ROWS),
    more: Math.max(0, rows.length - MOST_ROWS),
    total,
  }
}

/** Stretches of time that have rows. */
async function slices(db: Database, { url }: Place, since: number): Promise<{ from: number; to: number }[]> {
  const all = db
    .selectFrom('agproxy_requests')
    .select(({ fn }) => [fn.min('time').as('first'), fn.max('time').as('last')])
    .where('time', '>=', since)
  const { first, last } = await all.executeTakeFirstOrThrow()
  if (first === null || first === undefined) return []
  const [start, end] = [Number(first), Number(last) + 1]
  if (url !== undefined) return [{ from: start, to: end }]
  const parts: { from: number; to: number }[] = []
  for (let from = start; from < end; from += SLICE) parts.push({ from, to: Math.min(from + SLICE, end) })
  return parts
}

const summed = (column: string) => sql<number>`cast(coalesce(sum(${sql.ref(column)}), 0) as double precision)`
const counted = (condition: RawBuilder<unknown>) =>
  sql<number>`cast(sum(case when ${condition} then 1 else 0 end) as double precision)`

async function sumsBetween(
  db: Database,
  name: RawBuilder<unknown>,
  labelled: boolean,
  from: number,
  to: number,
): Promise<readonly UsageRow[]> {
  const labels = labelled ? sql`left join agproxy_labels l on l.request = r.id` : sql``
  const { rows } = await sql<UsageRow>`
    select ${name} as "name",
      cast(count(*) as double precision) as "requests",
      ${counted(sql`r.status is null or r.status >= 400`)} as "failed",
      ${counted(sql`r.input_tokens is null and r.output_tokens is null`)} as "unknown",
      ${summed('r.input_tokens')} as "inputTokens",
      ${summed('r.output_tokens')} as "outputTokens",
      ${summed('r.cache_read_tokens')} as "cacheReadTokens",
      ${summed('r.cache_creation_tokens')} as "cacheCreationTokens",
      ${summed('r.cost')} as "cost",
      cast(count(r.cost) as double precision) as "priced",
      ${summed('r.list_cost')} as "listCost",
      ${summed('r.plan')} as "plan"
    from agproxy_requests r ${labels}
    where r.time >= ${from} and r.time < ${to}
    group by 1`.execute(db)
  return rows
}

function sorted(rows: UsageRow[], by: By): UsageRow[] {
  if (by === 'day') return rows.sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
  const tokens = (row: UsageRow) =>
    row.inputTokens + row.outputTokens + row.cacheReadTokens + row.cacheCreationTokens
  return rows.sort((a, b) => b.cost - a.cost || tokens(b) - tokens(a))
}
