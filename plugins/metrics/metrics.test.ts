import { describe, expect, it } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { ask } from '../../test/support/client.js'
import { direct, stand, zaiPair } from '../../test/support/stand.js'
import { mount } from '../../testing.js'
import { metrics } from './index.js'

const ADMIN = { authorization: 'Bearer admin-key-1234' }
const config =
  (extra: object = {}) =>
  (url: string) => ({
    ...direct(url),
    server: { adminKey: 'admin-key-1234' },
    metrics: true as const,
    ...extra,
  })

/** The value of the one series that has these labels. */
function sample(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  const found = lines.filter((line) => wanted.every((label) => line.includes(label)))
  expect(found.length).toBeLessThan(2)
  return found[0] === undefined ? undefined : Number(found[0].split(' ').at(-1))
}

describe('/metrics', () => {
  it('counts what attempts cost, and nothing that a plan pays', async () => {
    const usage = { input_tokens: 1_000, output_tokens: 100 }
    const accounts = [{ id: 'one', upstream: 'anthropic' as const, apiKey: 'sk-upstream-1' }]
    const body = { ...ask(), model: 'claude-opus-4-5' }
    const scraped = async (extra: object) => {
      const { send } = await stand(anthropicUpstream({ usage }), { config: config(extra) })
      await send({ body })
      return async () => (await send({ method: 'GET', path: '/metrics', headers: ADMIN })).text()
    }
    const paid = await scraped({ accounts })
    const name = 'agproxy_cost_dollars_total'
    // 1,000 × $5 + 100 × $25 a million.
    const labels = { upstream: 'anthropic', account: 'one', model: 'claude-opus-4-5' }
    await expect
      .poll(async () => sample(await paid(), name, labels), { timeout: 10_000 })
      .toBeCloseTo(0.0075, 8)
    const plan = await scraped({ accounts: accounts.map((account) => ({ ...account, plan: true })) })
    await expect
      .poll(async () => sample(await plan(), 'agproxy_requests_total', { route: 'messages' }))
      .toBe(1)
    expect(sample(await plan(), name, labels)).toBeUndefined()
  })

  it('counts requests, attempts and tokens, and times them', async () => {
    const upstream = anthropicUpstream({
      text: 'hello',
      usage: { input_tokens: 11, output_tokens: 7, cache_read_input_tokens: 30 },
    })
    const { send } = await stand(upstream, { config: config() })
    await send({ body: ask({ stream: true }) })
    await send({ body: ask() })
    await send({ method: 'GET', path: '/healthz' })
    const scrape = () => send({ method: 'GET', path: '/metrics', headers: ADMIN })
    await expect
      .poll(async () => sample((await scrape()).text(), 'agproxy_requests_total', { route: 'messages' }))
      .toBe(2)
    const seen = await scrape()
    const text = seen.text()
    expect(seen.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    const attempt = { upstream: 'anthropic', account: 'one' }
    expect(sample(text, 'agproxy_attempts_total', { ...attempt, outcome: '200' })).toBe(2)
    const tokens = (kind: string) => sample(text, 'agproxy_tokens_total', { ...attempt, kind })
    expect([tokens('input'), tokens('output'), tokens('cache_read')]).toEqual([22, 14, 60])
    expect(sample(text, 'agproxy_requests_total', { route: 'health', status: '200' })).toBe(1)
    for (const name of ['overhead', 'queue']) expect(sample(text, `agproxy_${name}_seconds_count`)).toBe(2)
    expect(sample(text, 'agproxy_upstream_seconds_count', { upstream: 'anthropic' })).toBe(2)
    expect(sample(text, 'agproxy_first_content_seconds_count', { upstream: 'anthropic' })).toBe(1)
    expect(sample(text, 'agproxy_account_in_flight', attempt)).toBe(0)
    expect(sample(text, 'agproxy_account_cooldown_seconds', attempt)).toBe(0)
  })

  it('shows what failed at which account, and how long it cools down', async () => {
    const limited = anthropicUpstream(() =>
      failure(429, 'rate_limit_error', 'slow down', { 'retry-after': '40' }),
    )
    const { send } = await stand(limited, {
      config: (url) => ({ ...zaiPair(url), server: { adminKey: 'admin-key-1234' }, metrics: {} }),
    })
    await send({ body: ask() })
    const scrape = async () => (await send({ method: 'GET', path: '/metrics', headers: ADMIN })).text()
    const failed = (text: string) =>
      sample(text, 'agproxy_attempts_total', { account: 'second', outcome: '429' })
    await expect.poll(async () => failed(await scrape())).toBe(1)
    const text = await scrape()
    expect(sample(text, 'agproxy_account_cooldown_seconds', { account: 'first' })).toBeGreaterThan(30)
    expect(sample(text, 'agproxy_requests_total', { route: 'messages', status: '429' })).toBe(1)
    expect(sample(text, 'agproxy_cooldowns_total', { account: 'first', reason: 'rate-limit' })).toBe(1)
  })

  it('wants the operator’s key, unless it is public', async () => {
    const closed = await stand(anthropicUpstream(), { config: config() })
    expect((await closed.send({ method: 'GET', path: '/metrics' })).status).toBe(401)
    const open = await stand(anthropicUpstream(), { config: config({ metrics: { public: true } }) })
    expect((await open.send({ method: 'GET', path: '/metrics' })).status).toBe(200)
  })

  it('is not there until it is wanted', async () => {
    const { send } = await stand(anthropicUpstream(), { config: config({ metrics: undefined }) })
    expect((await send({ method: 'GET', path: '/metrics', headers: ADMIN })).status).toBe(404)
  })

  it('goes on counting after a reload', async () => {
    const { send, gateway } = await stand(anthropicUpstream(), { config: config() })
    await send({ body: ask() })
    await gateway.reload()
    await send({ body: ask() })
    const count = async () => {
      const text = (await send({ method: 'GET', path: '/metrics', headers: ADMIN })).text()
      return sample(text, 'agproxy_requests_total', { route: 'messages' })
    }
    await expect.poll(count).toBe(2)
  })

  it('holds no key, no prompt and nothing that a client invented', async () => {
    const { send } = await stand(anthropicUpstream(), { config: config({ metrics: { models: 3 } }) })
    const canary = 'canary-4711'
    for (let i = 0; i < 20; i++) {
      await send({
        path: `/v1/messages?${canary}`,
        headers: {
          'x-api-key': canary,
          'x-claude-code-session-id': `${canary}-${i}`,
          'x-agproxy-label': `${canary}=1`,
        },
        body: { ...ask(), model: `claude-${canary}-${i}`, messages: [{ role: 'user', content: canary }] },
      })
      await send({ method: `GET`, path: `/${canary}/${i}` })
    }
    const text = (await send({ method: 'GET', path: '/metrics', headers: ADMIN })).text()
    const models = new Set(text.match(/model="[^"]*"/g))
    expect(models.size).toBeLessThanOrEqual(4)
    expect([...models]).toContain('model="other"')
    expect(text.replaceAll(/model="claude-canary-4711-\d+"/g, '')).not.toContain(canary)
    expect(text.split('\n').length).toBeLessThan(200)
  })

  it('gives a model that never answered no series of its own', async () => {
    const refusing = anthropicUpstream(() => failure(404, 'not_found_error', 'no such model'))
    const { send } = await stand(refusing, { config: config() })
    for (let i = 0; i < 5; i++) await send({ body: { ...ask(), model: `invented-${i}` } })
    const text = (await send({ method: 'GET', path: '/metrics', headers: ADMIN })).text()
    expect(text).not.toContain('invented')
  })

  it('counts what finished while prom-client was loading', async () => {
    const mounted = await mount(metrics)
    const call = (await import('../../testing.js')).makeCall()
    await mounted.finish(call)
    const text = await (await mounted.request('GET', '/metrics')).text()
    expect(sample(text, 'agproxy_requests_total', { route: 'messages', status: '200' })).toBe(1)
    await mounted.dispose()
  })
})
