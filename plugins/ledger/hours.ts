import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Entry, HourRow, HourSums, RequestRow, Tables } from './schema.js'

const HOUR = 3_600_000
const MINUTE = 60_000

/** What requests are summed by, and the column for it; `total` sums all of them. A request has any number of labels. */
export const KINDS = {
  total: undefined,
  model: 'served',
  asked: 'model',
  session: 'session',
  agent: 'agent',
  'agent-type': 'agent_type',
  account: 'account',
  upstream: 'upstream',
  label: undefined,
} as const satisfies Record<string, keyof RequestRow | undefined>
export type Kind = keyof typeof KINDS

/** When the hour began in which a moment is, by the clock of the gateway's place: days of half-hour zones end with an hour too. */
export function hourOf(time: number): number {
  const shift = -new Date(time).getTimezoneOffset() * MINUTE
  return time - ((time + shift) % HOUR)
}

/** The columns of sums, and what one request adds to each, in SQL and here. */
const SUMS: readonly (readonly [keyof HourSums, RawBuilder<number>, (row: RequestRow) => number])[] = [
  ['requests', sql`count(*)`, () => 1],
  [
    'failed',
    counted(sql`r.status is null or r.status >= 400 or r.ending = 'broken'`),
    ({ status, ending }) => (status === null || status >= 400 || ending === 'broken' ? 1 : 0),
  ],
  [
    'unknown',
    counted(sql`r.input_tokens is null and r.output_tokens is null`),
    (row) => (row.input_tokens === null && row.output_tokens === null ? 1 : 0),
  ],
  ...(['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_creation_tokens'] as const).map(
    (column) => [column, summed(column), (row: RequestRow) => row[column] ?? 0] as const,
  ),
  ['cost', summed('cost'), ({ cost }) => cost ?? 0],
  ['priced', sql`count(r.cost)`, ({ cost }) => (cost === null ? 0 : 1)],
  ['list_cost', summed('list_cost'), ({ list_cost }) => list_cost ?? 0],
  ['plan', summed('plan'), ({ plan }) => plan],
]
export const SUM_COLUMNS = SUMS.map(([column]) => column)
const KIND_COLUMNS = Object.entries(KINDS) as [Kind, keyof RequestRow | undefined][]
const NO_SUMS = Object.fromEntries(SUM_COLUMNS.map((column) => [column, 0])) as unknown as HourSums

function counted(condition: RawBuilder<unknown>): RawBuilder<number> {
  return sql`sum(case when ${condition} then 1 else 0 end)`
}

function summed(column: keyof RequestRow): RawBuilder<number> {
  return sql`coalesce(sum(${sql.ref(`r.${column}`)}), 0)`
}

/**
 * Sums of requests by hour and name. Those that have all their names in common are added up first: to add each to nine sums took more
 * than its row. Sorted, so that gateways which write together wait for one another, and none without end.
 */
export function hoursOf(entries: readonly Entry[]): HourRow[] {
  const alike = new Map<string, { entry: Entry; hour: number; sums: HourSums }>()
  for (const entry of entries) {
    const { row, labels } = entry
    const hour = hourOf(row.time)
    const { served, model, session, agent, agent_type, account, upstream } = row
    const key = `${hour} ${served} ${model} ${session} ${agent} ${agent_type} ${account} ${upstream} ${labels}`
    let group = alike.get(key)
    if (!group) {
      group = { entry, hour, sums: { ...NO_SUMS } }
      alike.set(key, group)
    }
    for (const [sum, , of] of SUMS) group.sums[sum] += of(row)
  }
  const hours = new Map<string, HourRow>()
  for (const { entry, hour, sums } of alike.values())
    for (const [kind, column] of KIND_COLUMNS)
      for (const name of namesOf(kind, column && (entry.row[column] as string | null), entry.labels)) {
        const key = `${kind} ${hour} ${name}`
        const found = hours.get(key)
        if (found) for (const column of SUM_COLUMNS) found[column] += sums[column]
        else hours.set(key, { kind, hour, name, ...sums })
      }
  return [...hours.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

/** Adds to the sums that are there. */
export function hourUpsert(db: Kysely<Tables>, rows: readonly HourRow[]) {
  const added = SUM_COLUMNS.map((column) => [
    column,
    sql`${sql.ref(`agproxy_hours.${column}`)} + ${sql.ref(`excluded.${column}`)}`,
  ])
  return db
    .insertInto('agproxy_hours')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['kind', 'hour', 'name']).doUpdateSet(Object.fromEntries(added)),
    )
}

function namesOf(kind: Kind, value: string | null | undefined, labels: readonly string[]): readonly string[] {
  if (kind !== 'label') return [value ?? '']
  return labels.length > 0 ? labels : ['']
}

/** Sums up the requests that are there. Hours that have sums keep them, so that it may run again. */
export async function fillHours(db: Kysely<Tables>): Promise<void> {
  const shift = sql.lit(-new Date().getTimezoneOffset() * MINUTE)
  const columns = sql.join([...['kind', 'hour', 'name'], ...SUM_COLUMNS].map((column) => sql.ref(column)))
  const sums = sql.join(SUMS.map(([, sum]) => sum))
  for (const [kind, column] of Object.entries(KINDS)) {
    const isLabel = kind === 'label'
    const name = isLabel
      ? sql`coalesce(l.label, '')`
      : column
        ? sql`coalesce(${sql.ref(`r.${column}`)}, '')`
        : sql`''`
    const labels = isLabel ? sql`left join agproxy_labels l on l.request = r.id` : sql``
    await sql`
      insert into agproxy_hours (${columns})
      select ${sql.lit(kind)}, r.time - (r.time + ${shift}) % ${sql.lit(HOUR)}, ${name}, ${sums}
      from agproxy_requests r ${labels} where true group by 2, 3
      on conflict (kind, hour, name) do nothing`.execute(db)
  }
}
