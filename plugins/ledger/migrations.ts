import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, type Migration, Migrator } from 'kysely'
import { fillHours } from './hours.js'
import type { Tables } from './schema.js'

/**
 * One set for SQLite and PostgreSQL. Each can run twice: two gateways that begin on a new file together both may, since SQLite
 * has no lock that spans statements of a schema.
 */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-11-26-requests': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('agproxy_requests')
        .ifNotExists()
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('time', 'bigint', (column) => column.notNull())
        .addColumn('day', 'text', (column) => column.notNull())
        .addColumn('session', 'text')
        .addColumn('prompt', 'text')
        .addColumn('agent', 'text')
        .addColumn('agent_type', 'text')
        .addColumn('request_class', 'text')
        .addColumn('model', 'text')
        .addColumn('served', 'text')
        .addColumn('account', 'text')
        .addColumn('upstream', 'text')
        .addColumn('status', 'integer')
        .addColumn('ending', 'text', (column) => column.notNull())
        .addColumn('error_code', 'text')
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('input_tokens', 'bigint')
        .addColumn('output_tokens', 'bigint')
        .addColumn('cache_read_tokens', 'bigint')
        .addColumn('cache_creation_tokens', 'bigint')
        .addColumn('cost', 'double precision')
        .addColumn('list_cost', 'double precision')
        .addColumn('plan', 'integer', (column) => column.notNull())
        .addColumn('first_ms', 'integer')
        .addColumn('ms', 'integer')
        .execute()
      await db.schema
        .createTable('agproxy_labels')
        .ifNotExists()
        .addColumn('request', 'text', (column) => column.notNull())
        .addColumn('time', 'bigint', (column) => column.notNull())
        .addColumn('label', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('agproxy_labels_key', ['request', 'label'])
        .execute()
      for (const table of ['agproxy_requests', 'agproxy_labels'])
        await db.schema.createIndex(`${table}_time`).ifNotExists().on(table).column('time').execute()
    },
  },
  '2026-11-26-sums-of-hours': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('agproxy_hours')
        .ifNotExists()
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('hour', 'bigint', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('requests', 'bigint', (column) => column.notNull())
        .addColumn('failed', 'bigint', (column) => column.notNull())
        .addColumn('unknown', 'bigint', (column) => column.notNull())
        .addColumn('input_tokens', 'bigint', (column) => column.notNull())
        .addColumn('output_tokens', 'bigint', (column) => column.notNull())
        .addColumn('cache_read_tokens', 'bigint', (column) => column.notNull())
        .addColumn('cache_creation_tokens', 'bigint', (column) => column.notNull())
        .addColumn('cost', 'double precision', (column) => column.notNull())
        .addColumn('priced', 'bigint', (column) => column.notNull())
        .addColumn('list_cost', 'double precision', (column) => column.notNull())
        .addColumn('plan', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('agproxy_hours_key', ['kind', 'hour', 'name'])
        .execute()
      await fillHours(db as Kysely<Tables>)
    },
  },
}

/** Tries, as one of several gateways that begin on a new file finds that another was quicker. */
const TRIES = 5

export async function migrate(db: Kysely<never>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => MIGRATIONS },
    migrationTableName: 'agproxy_migrations',
    migrationLockTableName: 'agproxy_migrations_lock',
  })
  for (let tries = 1; ; tries++) {
    const { error } = await migrator.migrateToLatest()
    if (error === undefined) return
    if (tries === TRIES) throw error
    await sleep(tries * 20)
  }
}
