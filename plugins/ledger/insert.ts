import type { Insertable, Kysely } from 'kysely'
import type { Entry, LabelRow, RequestRow, Tables } from './schema.js'
import type { EmbeddedDatabase } from './sqlite.js'

/** Writes all entries or none; a row that is there already is left as it is. */
export type Insert = (entries: readonly Entry[]) => Promise<void>

/** One statement for all rows, as a database behind a network wants it. */
export function insertInto(db: Kysely<Tables>): Insert {
  return async (entries) => {
    const labels = entries.flatMap(labelRows)
    await db.transaction().execute(async (trx) => {
      await requestInsert(
        trx,
        entries.map(({ row }) => row),
      ).execute()
      if (labels.length > 0) await labelInsert(trx, labels).execute()
    })
  }
}

/** Two statements, prepared once: to build one for each batch took half of the ledger's time. */
export function embeddedInsert(db: Kysely<Tables>, database: EmbeddedDatabase): Insert {
  const prepared = (query: { compile(): { readonly sql: string } }) => database.prepare(query.compile().sql)
  const request = prepared(requestInsert(db, [NO_ROW]))
  const label = prepared(labelInsert(db, [{ request: '', time: 0, label: '' }]))
  return async (entries) => {
    database.exec('begin')
    try {
      for (const entry of entries) {
        request.run(COLUMNS.map((column) => entry.row[column]))
        if (entry.labels.length > 0)
          for (const { request, time, label: text } of labelRows(entry)) label.run([request, time, text])
      }
      database.exec('commit')
    } catch (error) {
      try {
        database.exec('rollback')
      } catch {} // what it began may be over by itself
      throw error
    }
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
