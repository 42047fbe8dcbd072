import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { bytesOf, openReader, openWriter } from './database.js'
import { retain } from './retention.js'
import { type By, usageOf } from './usage.js'

const ROWS = 110_000
const DAY = 86_400_000

/** A week of a busy team, one request each 5.5 s. */
async function filled(file: string, now: number) {
  const { db } = await openWriter({ file })
  await sql`
    with recursive n(i) as (select 0 union all select i + 1 from n where i < ${ROWS - 1})
    insert into agproxy_requests
      (id, time, day, session, agent, model, served, account, upstream, status, ending, attempts,
       input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost, list_cost, plan, ms)
    select 'req_' || i, ${now - 7 * DAY} + i * (${7 * DAY} / ${ROWS}), '2026-11-' || (10 + cast(i * 7 / ${ROWS} as integer)),
      'session-' || (i / 50), 'agent-' || (i % 900), 'claude-opus-5-5', 'glm-' || (i % 5), 'account-' || (i % 20), 'zai',
      200, 'complete', 1, 10, 100, 1000, 20, 0.01, 0.05, 0, 4000 from n`.execute(db)
  return db
}

it('110,000 requests are summed up without holding the event loop, and the old ones go', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'agproxy-ledger-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const place = { file: join(dir, 'ledger.db') }
  const now = Date.now()
  const writer = await filled(place.file, now)
  const reader = await openReader(place)
  let longest = 0
  let seen = performance.now()
  const beat = setInterval(() => {
    const at = performance.now()
    longest = Math.max(longest, at - seen)
    seen = at
  }, 1)
  const took: Record<string, number> = {}
  for (const by of ['model', 'session', 'day', 'label'] as By[]) {
    const from = process.cpuUsage()
    const usage = await usageOf(reader, place, by, now - 8 * DAY)
    const { user, system } = process.cpuUsage(from)
    took[by] = (user + system) / 1000
    expect(usage.total).toMatchObject({ requests: ROWS, outputTokens: ROWS * 100 })
    expect(usage.rows.length + usage.more).toBe({ model: 5, session: 2_200, day: 7, label: 1 }[by as 'day'])
  }
  clearInterval(beat)
  expect(longest).toBeLessThan(250)
  // All at once it would be 60 to 140 ms (measured), held by one request.
  for (const cpu of Object.values(took)) expect(cpu).toBeLessThan(1_500)
  const full = (await bytesOf(writer, place))!
  expect(await retain(writer, place, { days: 3, bytes: 1e12 }, now)).toBeGreaterThan(60_000)
  expect(await retain(writer, place, { days: 3, bytes: full / 4 }, now)).toBeGreaterThan(1_000)
  expect((await bytesOf(writer, place))!).toBeLessThanOrEqual(full / 4)
  await reader.destroy()
  await writer.destroy()
}, 60_000)
