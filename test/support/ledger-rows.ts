import { sql } from 'kysely'
import type { Database } from '../../plugins/ledger/database.js'
import { fillHours } from '../../plugins/ledger/hours.js'
import { type Usage, usageOf } from '../../plugins/ledger/usage.js'

export const ROWS = 110_000
export const DAY = 86_400_000

/** A week of a busy team, one request each 5.5 s, summed up. */
export async function fillRows(db: Database, now: number): Promise<void> {
  const step = sql.lit(Math.floor((7 * DAY) / ROWS))
  await sql`
    with recursive n(i) as (select 0 union all select i + 1 from n where i < ${sql.lit(ROWS - 1)})
    insert into agproxy_requests
      (id, time, day, session, agent, model, served, account, upstream, status, ending, attempts,
       input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost, list_cost, plan, ms)
    select 'req_' || i, ${sql.lit(now - 7 * DAY)} + i * ${step}, '2026-11-26', 'session-' || (i / 50),
      'agent-' || (i / 30), 'claude-opus-5-5', 'glm-' || (i % 5), 'account-' || (i % 20), 'zai',
      200, 'complete', 1, 10, 100, 1000, 20, 0.01, 0.05, 0, 4000 from n`.execute(db)
  await fillHours(db)
}

/** Names of each kind among them; days and months by what the calendar makes of a week. */
export const NAMES = { model: 5, session: 2_200, agent: 3_667, account: 20, label: 1, upstream: 1 } as const

/** The quickest of so many pages of each kind, in milliseconds as `clock` counts them. */
export async function pageTimes(db: Database, now: number, clock: () => number, tries = 3) {
  const took: Record<string, number> = {}
  const pages: Usage[] = []
  for (const by of [...(Object.keys(NAMES) as (keyof typeof NAMES)[]), 'day'] as const) {
    const times = []
    for (let n = 0; n < tries; n++) {
      const from = clock()
      const page = await usageOf(db, { by, since: now - 8 * DAY })
      times.push(clock() - from)
      if (n === 0) pages.push(page)
    }
    took[by] = Math.min(...times)
  }
  return { took, pages }
}
