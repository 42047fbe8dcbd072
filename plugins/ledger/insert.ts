import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Insertable, Kysely } from 'kysely'
import { hoursOf, hourUpsert, SUM_COLUMNS } from './hours.js'
import type { Entry, HourRow, LabelRow, RequestRow, Tables } from './schema.js'
import type { EmbeddedDatabase } from './sqlite.js'

/**
 * Writes all entries or none, and adds them to the sums of their hours. A row that is there already is left as it is, and counts
 * once: its batch was written, and the answer was lost.
 */
export type Insert = (entries: readonly Entry[]) => Promise<void>

/** Rows of one statement: each row of sums has 14 parameters, and PostgreSQL takes 65,535. */
const BATCH = 500

/** One statement for all rows, as a database behind a network wants it. */
export function insertInto(db: Kysely<Tables>): Insert {
  return async (entries) =>
    db.transaction().execute(async (trx) => {
      const rows = entries.map(({ row }) => row)
      const written = await requestInsert(trx, rows).returning('id').execute()
      const ids = new Set(written.map(({ id }) => id))
      const added = entries.filter(({ row }) => ids.has(row.id))
      const labels = added.flatMap(labelRows)
      if (labels.length > 0) await labelInsert(trx, labels).execute()
      const hours = hoursOf(added)
      for (let at = 0; at < hours.length; at += BATCH)
        await hourUpsert(trx, hours.slice(at, at + BATCH)).execute()
    })
}

/** Rows that SQLite writes without a pause, 0.5 ms: the event loop is for requests, which get their turn behind each. */
const SLICE = 50

/** Three statements, prepared once: to build one for each batch took half of the ledger's time. */
export function embeddedInsert(db: Kysely<Tables>, database: EmbeddedDatabase): Insert {
  const prepared = (query: { compile(): { readonly sql: string } }) => database.prepare(query.compile().sql)
  const request = prepared(requestInsert(db, [NO_ROW]))
  const label = prepared(labelInsert(db, [{ request: '', time: 0, label: '' }]))
  const hour = prepared(hourUpsert(db, [NO_HOUR]))
  return async (entries) => {
    database.exec('begin')
    try {
      const added: Entry[] = []
      await slice(entries, (entry) => {
        const { row } = entry
        if (Number(request.run(COLUMNS.map((column) => row[column])).changes) > 0) added.push(entry)
      })
      await slice(added.flatMap(labelRows), (row) => label.run([row.request, row.time, row.label]))
      await slice(hoursOf(added), (row) => hour.run(HOUR_COLUMNS.map((column) => row[column])))
      database.exec('commit')
    } catch (error) {
      try {
        database.exec('rollback')
      } catch {} // its transaction may be over already
      throw error
    }
  }
}

async function slice<T>(rows: readonly T[], write: (row: T) => void): Promise<void> {
  for (const [i, row] of rows.entries()) {
    if (i > 0 && i % SLICE === 0) await nextTurn()
    write(row)
  }
}

function labelRows({ row, labels }: Entry): LabelRow[] {
  return labels.map((label) => ({ request: row.id, time: row.time, label }))
}

function requestInsert(db: Kysely<Tables>, rows: readonly Insertable<RequestRow>[]) {
  return db
    .insertInto('agproxy_requests')
    .values(rows)
    .onConflict((conflict) => conflict.column('id').doNothing())
}

function labelInsert(db: Kysely<Tables>, rows: readonly LabelRow[]) {
  return db
    .insertInto('agproxy_labels')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['request', 'label']).doNothing())
}

/** In the order of the columns; its values are not written. */
const NO_ROW: RequestRow = {
  id: '',
  time: 0,
  day: '',
  session: null,
  prompt: null,
  agent: null,
  agent_type: null,
  request_class: null,
  model: null,
  served: null,
  account: null,
  upstream: null,
  status: null,
  ending: '',
  error_code: null,
  attempts: 0,
  input_tokens: null,
  output_tokens: null,
  cache_read_tokens: null,
  cache_creation_tokens: null,
  cost: null,
  list_cost: null,
  plan: 0,
  first_ms: null,
  ms: null,
}
const COLUMNS = Object.keys(NO_ROW) as (keyof RequestRow)[]

const HOUR_COLUMNS: readonly (keyof HourRow)[] = ['kind', 'hour', 'name', ...SUM_COLUMNS]
const NO_HOUR = Object.fromEntries(HOUR_COLUMNS.map((column) => [column, 0])) as unknown as HourRow
