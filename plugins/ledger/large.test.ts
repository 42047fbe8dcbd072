import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { DAY, fillRows, NAMES, pageTimes, ROWS } from '../../test/support/ledger-rows.js'
import { bytesOf, openReader, openWriter } from './database.js'
import { retain } from './retention.js'
import { usageOf } from './usage.js'

it('110,000 requests are summed up in 50 ms, and the old ones go with their sums', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'agproxy-ledger-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const place = { file: join(dir, 'ledger.db') }
  const now = Date.now()
  const { db: writer } = await openWriter(place)
  await fillRows(writer, now)
  const reader = await openReader(place)
  const cpu = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  }
  const { took, pages } = await pageTimes(reader, now, cpu)
  // Of the requests themselves it was 60 to 140 ms; of their hours 0.4 to 10 (measured).
  for (const [by, ms] of Object.entries(took)) expect(ms, by).toBeLessThan(50)
  for (const { total } of pages) expect(total).toMatchObject({ requests: ROWS, outputTokens: ROWS * 100 })
  for (const { by, rows, more } of pages)
    if (by in NAMES) expect(rows.length + more).toBe(NAMES[by as keyof typeof NAMES])

  const full = (await bytesOf(writer, place))!
  expect(await retain(writer, place, { days: 3, bytes: 1e12 }, now)).toBeGreaterThan(60_000)
  expect(await retain(writer, place, { days: 3, bytes: full / 4 }, now)).toBeGreaterThan(1_000)
  expect((await bytesOf(writer, place))!).toBeLessThanOrEqual(full / 4)
  const { total } = await usageOf(reader, { by: 'day', since: now - 8 * DAY })
  const { left } = await writer
    .selectFrom('agproxy_requests')
    .select(({ fn }) => fn.countAll<number>().as('left'))
    .executeTakeFirstOrThrow()
  // The sums of the oldest request's hour are whole, some 650 requests.
  expect(total.requests - Number(left)).toBeGreaterThanOrEqual(0)
  expect(total.requests - Number(left)).toBeLessThan(700)
  await reader.destroy()
  await writer.destroy()
}, 60_000)
