import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, type Migration, Migrator } from 'kysely'

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
