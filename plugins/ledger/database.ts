import { Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely'
import { optionalPackage } from '../../core/kit.js'
import { migrate } from './migrations.js'
import type { Entry, Tables } from './schema.js'
import { openEmbedded } from './sqlite.js'

export type Database = Kysely<Tables>

/** Where the rows are. */
export interface Place {
  /** An SQLite file; without a url. */
  readonly file: string
  /** `postgres://…` */
  readonly url?: string | undefined
}

/** Milliseconds that PostgreSQL has for a connection, and for a statement. */
const PATIENCE = 5_000

/**
 * Opens the database for writing, its tables in their newest form. The connection is for one writer: SQLite's write-ahead log lets others
 * read meanwhile, and `synchronous = NORMAL` loses nothing but to a power cut.
 */
export async function openWriter({ file, url }: Place): Promise<Database> {
  const db = url === undefined ? await sqliteWriter(file) : await postgres(url, 1)
  try {
    await migrate(db as Kysely<never>)
    return db
  } catch (error) {
    await db.destroy()
    throw error
  }
}

/** A second connection: what is read holds up no batch. */
export async function openReader({ file, url }: Place): Promise<Database> {
  if (url !== undefined) return postgres(url, 2)
  return new Kysely({ dialect: new SqliteDialect({ database: await openEmbedded(file, true) }) })
}

async function sqliteWriter(file: string): Promise<Database> {
  const database = await openEmbedded(file, false)
  // Each would hold the event loop for as long as another gateway writes; a batch is tried again instead.
  database.exec('PRAGMA busy_timeout = 0')
  database.exec('PRAGMA auto_vacuum = INCREMENTAL')
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = NORMAL')
  return new Kysely({ dialect: new SqliteDialect({ database }) })
}

async function postgres(url: string, max: number): Promise<Database> {
  const { default: pg } = await optionalPackage('pg', 'a ledger in PostgreSQL', () => import('pg'))
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
    allowExitOnIdle: true,
  })
  pool.on('error', () => {}) // a connection that was idle; the next query opens another, and says what is wrong
  return new Kysely({ dialect: new PostgresDialect({ pool }) })
}

/** All of them or none; a row that is there already is left as it is. */
export async function insert(db: Database, entries: readonly Entry[]): Promise<void> {
  const labels = entries.flatMap(({ row, labels }) =>
    labels.map((label) => ({ request: row.id, time: row.time, label })),
  )
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('agproxy_requests')
      .values(entries.map(({ row }) => row))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
    if (labels.length === 0) return
    await trx
      .insertInto('agproxy_labels')
      .values(labels)
      .onConflict((conflict) => conflict.columns(['request', 'label']).doNothing())
      .execute()
  })
}

/** Bytes in use; undefined in PostgreSQL, where space comes back only with a vacuum. */
export async function bytesOf(db: Database, { url }: Place): Promise<number | undefined> {
  if (url !== undefined) return undefined
  const { rows } = await sql<{ bytes: number }>`
    select (p.page_count - f.freelist_count) * s.page_size as bytes
    from pragma_page_count p, pragma_freelist_count f, pragma_page_size s`.execute(db)
  return rows[0]?.bytes
}
