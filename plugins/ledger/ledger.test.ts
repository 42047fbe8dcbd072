import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { optionalPackage } from '../../core/kit.js'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { ask } from '../../test/support/client.js'
import { type Stand, stand, zaiPair } from '../../test/support/stand.js'
import { type LogLine, recorder } from '../../testing.js'
import { openReader, openWriter } from './database.js'
import { fillHours } from './hours.js'
import type { Entry, RequestRow } from './schema.js'
import { openEmbedded } from './sqlite.js'
import { type Usage, usageOf } from './usage.js'
import { Writer } from './writer.js'

const ADMIN = { authorization: 'Bearer admin-key-1234' }
const USAGE = { input_tokens: 1_000, output_tokens: 100, cache_read_input_tokens: 10_000 }

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'agproxy-ledger-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const ledgerAt =
  (file: string, extra: object = {}) =>
  (url: string) => ({
    ...zaiPair(url),
    server: { adminKey: 'admin-key-1234' },
    ledger: { enabled: true, file },
    plugins: { zai: { baseURL: url, models: { 'claude-*': 'glm-4.7' } } },
    ...extra,
  })

const usage = async ({ send }: Stand, query = '') =>
  (
    await send({ method: 'GET', path: `/_agproxy/api/usage${query}`, headers: ADMIN })
  ).json() as unknown as Usage

const rowsOf = async (file: string) => {
  const db = await openReader({ file })
  const rows = await db.selectFrom('agproxy_requests').selectAll().orderBy('time').execute()
  const labels = await db.selectFrom('agproxy_labels').selectAll().execute()
  await db.destroy()
  return { rows, labels }
}

describe('the ledger', () => {
  it('keeps what each request took, and sums it up', async () => {
    const file = join(folder(), 'deep/ledger.db')
    const stood = await stand(anthropicUpstream({ text: 'hello', usage: USAGE }), { config: ledgerAt(file) })
    const headers = { 'x-claude-code-session-id': 's-1', 'x-agproxy-label': 'team=blue, kind=test' }
    await stood.send({ body: { ...ask({ stream: true }), model: 'claude-opus-4-5' }, headers })
    await stood.send({
      body: { ...ask(), model: 'claude-opus-4-5' },
      headers: { 'x-claude-code-agent-id': 'a-1' },
    })
    await expect.poll(async () => (await usage(stood)).total.requests).toBe(2)
    const { rows } = await usage(stood)
    // 1,000 × $0.6 + 10,000 × $0.11 + 100 × $2.2 a million, twice; Opus at $5, $0.5 and $25.
    expect(rows).toEqual([
      {
        name: 'glm-4.7',
        requests: 2,
        failed: 0,
        unknown: 0,
        inputTokens: 2_000,
        outputTokens: 200,
        cacheReadTokens: 20_000,
        cacheCreationTokens: 0,
        cost: expect.closeTo(0.00384, 8),
        priced: 2,
        listCost: expect.closeTo(0.025, 8),
        plan: 0,
      },
    ])
    const names = async (by: string) => (await usage(stood, `?by=${by}`)).rows.map(({ name }) => name)
    expect((await names('session')).toSorted()).toEqual([null, 's-1'])
    expect(await names('agent')).toEqual(expect.arrayContaining(['a-1', null]))
    expect(await names('account')).toEqual(['first'])
    expect(await names('day')).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\d$/)])
    const labels = await usage(stood, '?by=label')
    expect(labels.rows.map(({ name, requests }) => [name, requests])).toEqual(
      expect.arrayContaining([
        ['team=blue', 1],
        ['kind=test', 1],
        [null, 1],
      ]),
    )
    expect(labels.total.requests).toBe(2)
    const plot = await usage(stood, '?by=label&per=day&since=30d')
    const today = expect.stringMatching(/^\d{4}-\d\d-\d\d$/)
    expect(plot).toMatchObject({ by: 'label', per: 'day', more: 0 })
    expect(plot.rows.map(({ time, name, requests }) => [time, name, requests])).toEqual(
      expect.arrayContaining([
        [today, 'team=blue', 1],
        [today, null, 1],
      ]),
    )
    expect((await usage(stood, '?by=month')).rows).toMatchObject([
      { name: expect.stringMatching(/^\d{4}-\d\d$/), requests: 2 },
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('counts every attempt, marks what is not known, and shows no money where a plan pays', async () => {
    const file = join(folder(), 'ledger.db')
    const upstream = anthropicUpstream((_request, n) => failure(n === 0 ? 500 : 400, 'api_error', 'no'))
    const stood = await stand(upstream, {
      config: (url) => {
        const config = ledgerAt(file)(url)
        return { ...config, accounts: config.accounts!.map((account) => ({ ...account, plan: true })) }
      },
    })
    await stood.send({ body: ask() })
    await expect.poll(async () => (await usage(stood)).total.requests).toBe(1)
    expect((await usage(stood)).total).toMatchObject({ failed: 1, unknown: 1, cost: 0, priced: 0, plan: 1 })
    stood.up.use(anthropicUpstream({ usage: USAGE }))
    await stood.send({ body: { ...ask(), model: 'claude-opus-4-5' } })
    await expect.poll(async () => (await usage(stood)).total.requests).toBe(2)
    const { total } = await usage(stood)
    expect(total).toMatchObject({ inputTokens: 1_000, cost: 0, priced: 0, plan: 2 })
    expect(total.listCost).toBeGreaterThan(0)
  })

  it('is written at the stop, and goes on in the same file', async () => {
    const file = join(folder(), 'ledger.db')
    for (let n = 0; n < 2; n++) {
      const stood = await stand(anthropicUpstream(), { config: ledgerAt(file) })
      await stood.send({ body: ask() })
      await stood.gateway.close()
    }
    expect((await rowsOf(file)).rows).toHaveLength(2)
  })

  it('holds no key and no prompt', async () => {
    const file = join(folder(), 'ledger.db')
    const stood = await stand(anthropicUpstream({ text: 'canary-answer' }), { config: ledgerAt(file) })
    await stood.send({
      path: '/v1/messages?canary-query',
      headers: { 'x-api-key': 'canary-key', 'user-agent': 'canary-agent' },
      body: {
        ...ask(),
        system: 'canary-system',
        messages: [{ role: 'user', content: 'canary-prompt' }],
        metadata: { user_id: 'canary-user' },
      },
    })
    await stood.gateway.close()
    const { rows, labels } = await rowsOf(file)
    expect(rows).toHaveLength(1)
    const text = JSON.stringify([rows, labels])
    expect(text).not.toContain('canary')
    expect(text).not.toContain('sk-upstream')
  })

  it('several gateways write one file', async () => {
    const file = join(folder(), 'ledger.db')
    const all = await Promise.all([1, 2, 3].map(() => stand(anthropicUpstream(), { config: ledgerAt(file) })))
    await Promise.all(all.flatMap((stood) => Array.from({ length: 10 }, () => stood.send({ body: ask() }))))
    await Promise.all(all.map(({ gateway }) => gateway.close()))
    expect(all.flatMap(({ gateway }) => gateway.logs.filter(({ level }) => level === 'warn'))).toEqual([])
    expect((await rowsOf(file)).rows).toHaveLength(30)
  })

  it('refuses what it does not know', async () => {
    const stood = await stand(anthropicUpstream(), { config: ledgerAt(join(folder(), 'ledger.db')) })
    expect((await usage(stood)).total.requests).toBe(0)
    const get = (query: string) =>
      stood.send({ method: 'GET', path: `/_agproxy/api/usage${query}`, headers: ADMIN })
    expect((await get('?by=key')).text()).toContain('by: expected model, asked, session')
    for (const query of ['?since=yesterday', '?per=week', '?by=day&per=hour', '?per=hour&since=30d'])
      expect((await get(query)).status).toBe(400)
    expect((await stood.send({ method: 'GET', path: '/_agproxy/api/usage' })).status).toBe(401)
  })
})

describe('sums of hours', () => {
  const row = (id: string, time: number, extra: object = {}): RequestRow => ({
    id,
    time,
    day: '',
    session: 's',
    prompt: null,
    agent: null,
    agent_type: null,
    request_class: null,
    model: 'asked',
    served: 'served',
    account: 'a',
    upstream: 'u',
    status: 200,
    ending: 'complete',
    error_code: null,
    attempts: 1,
    input_tokens: 10,
    output_tokens: 1,
    cache_read_tokens: null,
    cache_creation_tokens: null,
    cost: 0.5,
    list_cost: null,
    plan: 0,
    first_ms: null,
    ms: 5,
    ...extra,
  })

  it('count a request once, though its batch is written again, and are made for requests of before', async () => {
    const file = join(folder(), 'ledger.db')
    const now = Date.now()
    const entries = [
      { row: row('1', now), labels: ['x=1', 'y=2'] },
      { row: row('2', now, { served: null, cost: null, status: null }), labels: [] },
    ]
    const { db, insert } = await openWriter({ file })
    await insert(entries.slice(0, 1))
    await insert(entries)
    const query = (by: string) => usageOf(db, { by: by as 'model', since: now - 86_400_000 })
    const sums = async () => Promise.all(['model', 'label', 'session', 'day'].map(query))
    const first = await sums()
    expect(first[0]).toMatchObject({
      rows: [
        { name: 'served', requests: 1, failed: 0, cost: 0.5, priced: 1 },
        { name: null, requests: 1, failed: 1, cost: 0, priced: 0 },
      ],
      total: { requests: 2, inputTokens: 20 },
    })
    expect(first[1]!.rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['x=1', 'y=2', null]))
    await db.deleteFrom('agproxy_hours').execute()
    await fillHours(db)
    expect(await sums()).toEqual(first)
    await fillHours(db)
    expect(await sums()).toEqual(first)
    await db.destroy()
  })

  it('are written in slices, between which requests get their turn, and all of them or none', async () => {
    const { db, insert } = await openWriter({ file: join(folder(), 'ledger.db') })
    const now = Date.now()
    const entries = Array.from({ length: 250 }, (_, n) => ({ row: row(`${n}`, now), labels: [] }))
    let turns = 0
    const count = () => {
      turns++
      if (turns < 100) next = setImmediate(count)
    }
    let next = setImmediate(count)
    const broken = { row: { ...row('251', now), status: {} as never }, labels: [] }
    await expect(insert([...entries, broken])).rejects.toThrow()
    clearImmediate(next)
    expect(turns).toBeGreaterThanOrEqual(4)
    const total = async () => (await usageOf(db, { by: 'model', since: now - 1_000 })).total.requests
    expect(await total()).toBe(0)
    await insert(entries)
    expect(await total()).toBe(250)
    await db.destroy()
  })

  it('tell eight names apart in a plot, and the rest as one', async () => {
    const { db, insert } = await openWriter({ file: join(folder(), 'ledger.db') })
    const now = Date.now()
    const entries = Array.from({ length: 12 }, (_, n) => ({
      row: row(`${n}`, now, { served: `model-${n}`, cost: 12 - n }),
      labels: [],
    }))
    await insert(entries)
    const { rows, more } = await usageOf(db, { by: 'model', per: 'hour', since: now - 1_000 })
    expect([rows.length, more]).toEqual([9, 4])
    expect(rows.find(({ name }) => name === '*')).toMatchObject({ requests: 4, cost: 4 + 3 + 2 + 1 })
    await db.destroy()
  })
})

describe('a database that is away', () => {
  const warnings = ({ gateway }: Stand) =>
    gateway.logs.filter(({ level }) => level === 'warn').map(({ message }) => message)

  it('hurts no request, is told once, and gets its rows when it is back', async () => {
    const file = join(folder(), 'ledger.db')
    writeFileSync(file, 'this is no database, and long enough to be looked at as one'.repeat(100))
    const stood = await stand(anthropicUpstream(), { config: ledgerAt(file) })
    for (let n = 0; n < 3; n++) expect((await stood.send({ body: ask() })).status).toBe(200)
    await expect.poll(() => warnings(stood).length).toBe(1)
    expect(warnings(stood)[0]).toMatch(/^the ledger stands still: .*not a database/)
    rmSync(file)
    await expect
      .poll(() => stood.gateway.logs.map(({ message }) => message), { timeout: 15_000 })
      .toContain('the ledger is written again')
    expect(warnings(stood)).toHaveLength(1)
    expect((await rowsOf(file)).rows).toHaveLength(3)
  })

  it('a file that another process has locked is waited for', async () => {
    const file = join(folder(), 'ledger.db')
    const stood = await stand(anthropicUpstream(), { config: ledgerAt(file) })
    await stood.send({ body: ask() })
    await expect.poll(async () => (await usage(stood)).total.requests).toBe(1)
    const other = await openEmbedded(file, false)
    other.exec('begin immediate')
    await stood.send({ body: ask() })
    await sleep(600)
    other.exec('commit')
    other.close()
    await expect.poll(async () => (await usage(stood)).total.requests).toBe(2)
    expect(warnings(stood)).toEqual([])
  })

  it.skipIf(process.getuid?.() === 0)('a folder that may not be written is told', async () => {
    const dir = folder()
    chmodSync(dir, 0o500)
    const stood = await stand(anthropicUpstream(), { config: ledgerAt(join(dir, 'ledger.db')) })
    await stood.send({ body: ask() })
    await expect
      .poll(() => warnings(stood))
      .toEqual([expect.stringContaining('the ledger stands still: EACCES')])
  })
})

it('without its package says so once, at level info, and keeps nothing', async () => {
  const missing = Object.assign(new Error("Cannot find package 'libsql'"), { code: 'ERR_MODULE_NOT_FOUND' })
  const lines: LogLine[] = []
  let opened = 0
  const open = () => {
    opened++
    return optionalPackage('libsql', 'the ledger on Node 20', () => Promise.reject(missing))
  }
  const limits = { days: 1, bytes: 1 }
  const writer = new Writer<number>(
    { file: '' },
    limits,
    recorder(lines),
    async (items) => items.map(() => ({}) as Entry),
    open,
  )
  for (const request of [1, 2]) {
    writer.add(request)
    await writer.flush()
  }
  expect([opened, lines.map(({ level, message }) => [level, message])]).toEqual([
    1,
    [['info', 'there is no ledger: the ledger on Node 20 needs the package libsql: npm install libsql']],
  ])
})
