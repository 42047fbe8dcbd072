import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SqliteDatabase } from 'kysely'
import { oddFile, optionalPackage } from '../../core/kit.js'

/** What Kysely's SQLite dialect takes, and statements without a result. */
export interface EmbeddedDatabase extends SqliteDatabase {
  exec(sql: string): unknown
}

interface NodeStatement {
  all(...parameters: unknown[]): unknown[]
  run(...parameters: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  iterate(...parameters: unknown[]): IterableIterator<unknown>
}
interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean }) => Opened
}

/** What both drivers have. */
interface Opened {
  prepare(sql: string): NodeStatement
  exec(sql: string): void
  close(): void
}

/** `node:sqlite` where Node has it (22.13 or later), else libsql. A new file can be read by its owner alone. */
export async function openEmbedded(file: string, readOnly: boolean): Promise<EmbeddedDatabase> {
  if (!readOnly && !existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    closeSync(openSync(file, 'a', 0o600))
  }
  // To read a pipe would wait without an end.
  const odd = existsSync(file) ? oddFile(file) : undefined
  if (odd) throw new Error(`${file} is ${odd}, not a file`)
  const node = nodeSqlite()
  if (node) return adapted(new node.DatabaseSync(file, { readOnly }))
  const { default: Libsql } = await optionalPackage(
    'libsql',
    `the ledger on Node ${process.versions.node} (22.13 and later have SQLite)`,
    () => import('libsql'),
  )
  return adapted(new Libsql(file, { readonly: readOnly }) as unknown as Opened)
}

/** Not by an import, which Node 20 could not resolve. Its warning that it is experimental reaches no one who could act on it. */
function nodeSqlite(): NodeSqlite | undefined {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite' as never) as unknown as NodeSqlite | undefined
  } finally {
    process.emitWarning = emitWarning
  }
}

/**
 * Statements with rows are read to their end. One that is not, such as `PRAGMA incremental_vacuum` with libsql's own word for it, keeps a
 * transaction open until it is collected: what was written meanwhile, other connections did not see, and a crash would have lost it.
 */
function adapted(database: Opened): EmbeddedDatabase {
  return {
    close: () => database.close(),
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql)
      return {
        reader: /^\s*(select|with|pragma)\b|\breturning\b/i.test(sql),
        all: (parameters) => statement.all(...parameters),
        run: (parameters) => statement.run(...parameters),
        iterate: (parameters) => statement.iterate(...parameters),
      }
    },
  }
}
