import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import { bytesOf, type Database, type Place } from './database.js'
import { hourOf } from './hours.js'

export interface Limits {
  readonly days: number
  readonly bytes: number
}

/** Rows of one statement, some 5 ms: the event loop is for requests. */
const CHUNK = 1_000
const DAY = 86_400_000

/** Deletes what is older than `days`, then the oldest rows of a file that is too large. Returns how many went. */
export async function retain(db: Database, place: Place, limits: Limits, now = Date.now()): Promise<number> {
  let gone = 0
  for (;;) {
    const deleted = await deleteOldest(db, now - limits.days * DAY)
    gone += deleted
    if (deleted < CHUNK) break
    await nextTurn()
  }
  await deleteHours(db, now - limits.days * DAY)
  for (;;) {
    const bytes = await bytesOf(db, place)
    if (bytes === undefined || bytes <= limits.bytes) break
    const deleted = await deleteOldest(db, now)
    gone += deleted
    if (deleted === 0) break
    await deleteHours(db, await oldestOf(db, now))
    await nextTurn()
  }
  if (gone > 0 && place.url === undefined) await sql`PRAGMA incremental_vacuum`.execute(db)
  return gone
}

/** Sums of hours that ended before. */
async function deleteHours(db: Database, before: number): Promise<void> {
  await db.deleteFrom('agproxy_hours').where('hour', '<', hourOf(before)).execute()
}

async function oldestOf(db: Database, now: number): Promise<number> {
  const oldest = await db
    .selectFrom('agproxy_requests')
    .select('time')
    .orderBy('time')
    .limit(1)
    .executeTakeFirst()
  return Number(oldest?.time ?? now)
}

async function deleteOldest(db: Database, before: number): Promise<number> {
  const oldest = await db
    .selectFrom('agproxy_requests')
    .select(['id', 'time'])
    .where('time', '<', before)
    .orderBy('time')
    .limit(CHUNK)
    .execute()
  if (oldest.length === 0) return 0
  const ids = oldest.map(({ id }) => id)
  await db.deleteFrom('agproxy_labels').where('request', 'in', ids).execute()
  await db.deleteFrom('agproxy_requests').where('id', 'in', ids).execute()
  return oldest.length
}
