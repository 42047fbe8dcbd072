import { type RawBuilder, sql } from 'kysely'
import { GatewayError, type UsageAnswer } from '../../core/index.js'
import { type Bucket, bucketOf } from './buckets.js'
import type { Database } from './database.js'
import { hourOf, KINDS, type Kind } from './hours.js'
import { empty, merge, type UsageRow } from './sums.js'

/** What a sum is asked by: a kind of name, or a stretch of time. */
export type By = Exclude<Kind, 'total'> | Bucket

/** What `GET /_agproxy/api/usage` answers. */
export interface Usage extends UsageAnswer {
  readonly by: By
  readonly per?: Bucket
}

export interface UsageQuery {
  readonly by: By
  readonly per?: Bucket | undefined
  /** Milliseconds since 1970. */
  readonly since: number
}

const MOST_ROWS = 1_000
/** Names of a plot that have a line of their own. */
const MOST_NAMES = 8
const OTHERS = '*'
/** Days of which each hour is listed, and any days. */
const MOST_DAYS = { hour: 8, day: 400, month: 4_000 } as const
const DAY = 86_400_000

const BUCKETS = ['hour', 'day', 'month'] as const
const NAMES = [...Object.keys(KINDS).filter((kind) => kind !== 'total'), ...BUCKETS]

export function queryOf(params: URLSearchParams, since: number, now = Date.now()): UsageQuery {
  const by = expected('by', NAMES, params.get('by') ?? 'model') as By
  const per = params.has('per') ? (expected('per', BUCKETS, params.get('per')!) as Bucket) : undefined
  if (per && isBucket(by)) throw refused('per: is for names, and by is a stretch of time already')
  const bucket = per ?? (isBucket(by) ? by : undefined)
  if (bucket && now - since > MOST_DAYS[bucket] * DAY)
    throw refused(`since: by the ${bucket} it goes back ${MOST_DAYS[bucket]} days`)
  return { by, per, since }
}

const isBucket = (by: By): by is Bucket => (BUCKETS as readonly string[]).includes(by)

function expected(what: string, names: readonly string[], text: string): string {
  if (names.includes(text)) return text
  throw refused(`${what}: expected ${names.join(', ')}, found '${text.slice(0, 40)}'`)
}

function refused(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message, { code: 'AGP_INVALID_QUERY', retry: false })
}

/** Of a ledger that does not exist yet. */
export function nothing({ by, per, since }: UsageQuery): Usage {
  return { by, ...(per && { per }), since: timeOf(since), rows: [], more: 0, total: empty() }
}

const timeOf = (since: number) => new Date(hourOf(since)).toISOString()

/** Sums of all requests since the hour of a time: of hours, which are summed up when requests are written. */
export async function usageOf(db: Database, query: UsageQuery): Promise<Usage> {
  const { by, per, since } = query
  const from = hourOf(since)
  const [sums] = await sumsOf(db, 'total', from, sql`null`)
  const { name: _, names: __, ...total } = sums ?? { ...empty(), name: null, names: 0 }
  const whole = { ...nothing(query), total }
  if (isBucket(by)) {
    const hours = await hourly(db, 'total', from, sql`null`)
    return { ...whole, rows: inBuckets(hours, by).map(({ time, ...row }) => ({ ...row, name: time! })) }
  }
  const named = await sumsOf(db, by, from, sql.ref('name'), per ? MOST_NAMES : MOST_ROWS)
  const more = Math.max(0, Number(named[0]?.names ?? 0) - named.length)
  if (!per) return { ...whole, rows: named.map(({ names: _, ...row }) => shown(row)), more }
  const top = named.map(({ name }) => name!)
  if (top.length === 0) return whole
  const name = sql`case when name in (${sql.join(top)}) then name else ${OTHERS} end`
  return { ...whole, rows: inBuckets((await hourly(db, by, from, name)).map(shown), per), more }
}

/** Requests that have none of a kind are kept under an empty name. */
const shown = <Row extends UsageRow>(row: Row): Row => (row.name === '' ? { ...row, name: null } : row)

interface Hour extends UsageRow {
  readonly hour: number
}

function inBuckets(hours: readonly Hour[], bucket: Bucket): UsageRow[] {
  const found = new Map<string, UsageRow>()
  for (const { hour, ...sums } of hours) {
    const time = bucketOf(Number(hour), bucket)
    const key = `${time} ${sums.name}`
    const row = found.get(key)
    if (row) merge(row, sums)
    else found.set(key, { ...sums, time })
  }
  return [...found.values()].sort((a, b) =>
    a.time! < b.time! ? -1 : a.time! > b.time! ? 1 : b.cost - a.cost,
  )
}

const COLUMNS = sql.join(
  Object.entries({
    requests: 'requests',
    failed: 'failed',
    unknown: 'unknown',
    inputTokens: 'input_tokens',
    outputTokens: 'output_tokens',
    cacheReadTokens: 'cache_read_tokens',
    cacheCreationTokens: 'cache_creation_tokens',
    cost: 'cost',
    priced: 'priced',
    listCost: 'list_cost',
    plan: 'plan',
  }).map(
    ([name, column]) =>
      sql`cast(coalesce(sum(${sql.ref(column)}), 0) as double precision) as ${sql.ref(name)}`,
  ),
)

async function sumsOf(
  db: Database,
  kind: Kind,
  from: number,
  name: RawBuilder<unknown>,
  limit = MOST_ROWS,
): Promise<(UsageRow & { names: number | string })[]> {
  const { rows } = await sql<UsageRow & { names: number | string }>`
    select ${name} as "name", count(*) over () as "names", ${COLUMNS} from agproxy_hours
    where kind = ${kind} and hour >= ${from} group by 1
    order by sum(cost) desc,
      sum(input_tokens + output_tokens + cache_read_tokens + cache_creation_tokens) desc, sum(requests) desc
    limit ${limit}`.execute(db)
  return rows
}

async function hourly(db: Database, kind: Kind, from: number, name: RawBuilder<unknown>): Promise<Hour[]> {
  const { rows } = await sql<Hour>`
    select ${name} as "name", hour as "hour", ${COLUMNS} from agproxy_hours
    where kind = ${kind} and hour >= ${from} group by 1, 2`.execute(db)
  return rows
}
