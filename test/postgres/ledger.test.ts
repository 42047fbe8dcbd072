import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { openReader, openWriter } from '../../plugins/ledger/database.js'
import { anthropicUpstream } from '../support/anthropic-upstream.js'
import { ask } from '../support/client.js'
import { fillRows, pageTimes, ROWS } from '../support/ledger-rows.js'
import { direct, type Stand, stand } from '../support/stand.js'
import { postgresBin, startPostgres } from './server.js'

const bin = postgresBin()
if (!bin) {
  const message = 'no PostgreSQL to start (initdb, postgres)'
  if (process.env.REQUIRE_POSTGRES === '1') throw new Error(`${message}: REQUIRE_POSTGRES wants one`)
  console.warn(`\n*** SKIPPED: ${message}. On Debian: apt-get install postgresql. ***\n`)
}
const server = bin ? await startPostgres(bin) : undefined
afterAll(() => server?.remove())

const ADMIN = { authorization: 'Bearer admin-key-1234' }
const config = (url: string) => ({
  ...direct(url),
  server: { adminKey: 'admin-key-1234' },
  ledger: { enabled: true, url: server!.url },
})
const upstream = () => anthropicUpstream({ usage: { input_tokens: 10, output_tokens: 5 } })
const total = async ({ send }: Stand, query = '') =>
  (await send({ method: 'GET', path: `/_agproxy/api/usage${query}`, headers: ADMIN })).json<{
    total?: Record<string, number>
    rows?: { name: string | null; requests: number }[]
  }>()
const logged = ({ gateway }: Stand, level: string) =>
  gateway.logs.filter((line) => line.level === level).map(({ message }) => message)

describe.skipIf(!server)(
  'a ledger in PostgreSQL',
  () => {
    it('is written by several gateways that start on an empty database together, and read by each', async () => {
      const two = await Promise.all([stand(upstream(), { config }), stand(upstream(), { config })])
      const headers = { 'x-agproxy-label': 'team=blue' }
      await Promise.all(
        two.flatMap(({ send }) => Array.from({ length: 5 }, () => send({ body: ask(), headers }))),
      )
      for (const gateway of two)
        await expect.poll(async () => (await total(gateway)).total?.requests, { timeout: 15_000 }).toBe(10)
      expect((await total(two[0]!)).total).toMatchObject({ inputTokens: 100, outputTokens: 50 })
      expect((await total(two[0]!, '?by=label')).rows).toMatchObject([{ name: 'team=blue', requests: 10 }])
      expect(two.flatMap((gateway) => logged(gateway, 'warn'))).toEqual([])
    })

    it('sums 110,000 requests up in 50 ms', async () => {
      const other = await startPostgres(bin!)
      onTestFinished(() => other.remove())
      const { db } = await openWriter({ file: '', url: other.url })
      onTestFinished(() => db.destroy())
      const now = Date.now()
      await fillRows(db, now)
      const { took, pages } = await pageTimes(db, now, () => performance.now(), 15)
      for (const [by, ms] of Object.entries(took)) expect(ms, by).toBeLessThan(50)
      for (const { total } of pages) expect(total.requests).toBe(ROWS)
      expect(pages.find(({ by }) => by === 'session')).toMatchObject({ more: 1_200 })
      if (process.env.SHOW_TIMES) console.log(took)
    })

    it('that goes away hurts no request, is told once, and gets its rows when it is back', async () => {
      const gateway = await stand(upstream(), { config })
      await gateway.send({ body: ask() })
      await expect.poll(async () => (await total(gateway)).total?.requests, { timeout: 15_000 }).toBe(11)
      await server!.stop()
      for (let n = 0; n < 3; n++) expect((await gateway.send({ body: ask() })).status).toBe(200)
      await expect.poll(() => logged(gateway, 'warn').length, { timeout: 15_000 }).toBe(1)
      await server!.start()
      await expect
        .poll(() => logged(gateway, 'info'), { timeout: 30_000 })
        .toContain('the ledger is written again')
      expect(logged(gateway, 'warn')).toHaveLength(1)
      const db = await openReader({ file: '', url: server!.url })
      const rows = await db.selectFrom('agproxy_requests').selectAll().execute()
      await db.destroy()
      expect(rows).toHaveLength(14)
      expect(JSON.stringify(rows)).not.toContain('sk-upstream')
    })
  },
  60_000,
)
