import { Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely'
import { optionalPackage } from '../../core/kit.js'
import { embeddedInsert, type Insert, insertInto } from './insert.js'
import { migrate } from './migrations.js'
import type { Tables } from './schema.js'
import { type EmbeddedDatabase, openEmbedded } from './sqlite.js'

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
export async function openWriter({ file, url }: Place): Promise<WritableDatabase> {
  const embedded = url === undefined ? await sqliteWriter(file) : undefined
  const db = embedded
    ? new Kysely<Tables>({ dialect: new SqliteDialect({ database: embedded }) })
    : await postgres(url!, 1)
  try {
    await migrate(db as unknown as Kysely<never>)
    return { db, insert: embedded ? embeddedInsert(db, embedded) : insertInto(db) }
  } catch (error) {
    await db.destroy()
    throw error
  }
}

/** The connection of the one that writes. */
export interface WritableDatabase {
  readonly db: Database
  readonly insert: Insert
}

/** A second connection: what is read holds up no batch. */
export async function openReader({ file, url }: Place): Promise<Database> {
  if (url !== undefined) return postgres(url, 2)
  return new Kysely({ dialect: new SqliteDialect({ database: await openEmbedded(file, true) }) })
}

async function sqliteWriter(file: string): Promise<EmbeddedDatabase> {
  const database = await openEmbedded(file, false)
  // Each would hold the event loop for as long as another gateway writes; a batch is tried again instead.
  database.exec('PRAGMA busy_timeout = 0')
  database.exec('PRAGMA auto_vacuum = INCREMENTAL')
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = NORMAL')
  return database
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

/** Bytes in use; undefined in PostgreSQL, where space comes back only with a vacuum. */
export async function bytesOf(db: Database, { url }: Place): Promise<number | undefined> {
  if (url !== undefined) return undefined
  const { rows } = await sql<{ bytes: number }>`
    select (p.page_count - f.freelist_count) * s.page_size as bytes
    from pragma_page_count p, pragma_freelist_count f, pragma_page_size s`.execute(db)
  return rows[0]?.bytes
}
