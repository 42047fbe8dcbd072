import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { startUpstream } from '../../test/support/bad-upstream.js'
import { emptyFolder } from '../../test/support/cli.js'
import { ask } from '../../test/support/client.js'
import { reset } from '../../test/support/script.js'
import { stand } from '../../test/support/stand.js'
import type { TestConfig } from '../../testing.js'

const KEY = 'admin-key-1234'
const auth = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }

/** A gateway with two upstreams that has served one request. */
async function served(trace: object = { bodies: true }, more: object = {}) {
  const second = await startUpstream(
    anthropicUpstream({ text: 'from the second', usage: { input_tokens: 2_000, output_tokens: 10 } }),
  )
  onTestFinished(() => second.close())
  const made = await stand(anthropicUpstream({ text: 'from the first' }), {
    config: (url) =>
      ({
        preset: 'claude-code',
        server: { adminKey: KEY },
        accounts: [
          { id: 'glm', upstream: 'zai', apiKey: 'sk-upstream-1' },
          { id: 'own', upstream: 'anthropic', apiKey: 'sk-upstream-2', priority: 5 },
        ],
        plugins: { zai: { baseURL: url }, anthropic: { baseURL: second.url } },
        trace,
        ...more,
      }) as unknown as TestConfig,
  })
  const kept = async () =>
    (await made.send({ method: 'GET', path: '/_agproxy/api/requests', headers: auth })).json<{
      requests: { id: string }[]
    }>().requests
  const labelled = { 'x-agproxy-label': 'team=blue', 'x-session-id': 's-1' }
  await made.send({ body: ask({ stream: true, model: 'claude-opus-4-5' }), headers: labelled })
  await expect.poll(async () => (await kept()).length, { timeout: 10_000 }).toBe(1)
  const { id } = (await kept())[0]!
  const resend = (body: unknown, headers: Record<string, string> = auth, of = id) =>
    made.send({ path: `/_agproxy/api/requests/${of}/resend`, headers, body: body as object })
  return { ...made, second, kept, resend }
}

describe('a kept request is sent elsewhere', () => {
  it('through the chain in force, and both answers are told', async () => {
    const { resend, second } = await served()
    const seen = await resend({ upstream: 'anthropic' })
    expect(seen.status).toBe(200)
    expect(seen.json()).toMatchObject({
      before: { upstream: 'zai', account: 'glm', status: 200, text: 'from the first' },
      now: {
        upstream: 'anthropic',
        account: 'own',
        model: 'claude-opus-4-5',
        status: 200,
        inputTokens: 2_000,
        outputTokens: 10,
        cost: expect.closeTo(0.01025, 8),
        text: 'from the second',
      },
    })
    expect(second.requests[0]!.json()).toMatchObject({ stream: true, messages: [{ content: 'hi' }] })
  })

  it('and is a request of its own: in the list, the ledger, the budgets and the metrics', async () => {
    const file = join(emptyFolder(), 'ledger.db')
    const { resend, send, second } = await served(
      { bodies: true },
      {
        ledger: { enabled: true, file },
        budgets: {
          limits: [
            { per: 'session', tokens: 100_000 },
            { per: 'label', usd: 10 },
          ],
        },
        metrics: true,
      },
    )
    const get = async (path: string) => await send({ method: 'GET', path, headers: auth })
    // biome-ignore lint/suspicious/noExplicitAny: answers of the API, whose fields the test names
    const api = async (path: string) => (await get(`/_agproxy/api/${path}`)).json<any>()
    const sums = async () => (await api('budgets')).budgets.map(({ used }: { used: number }) => used)
    const [before, money] = await sums()
    expect((await resend({ upstream: 'anthropic' })).status).toBe(200)
    expect((await resend({ upstream: 'nobody' })).status).toBe(200)
    const { requests } = await api('requests')
    expect(requests).toMatchObject([
      { requestClass: 'resend', status: expect.any(Number), session: 's-1', error: expect.any(String) },
      {
        requestClass: 'resend',
        status: 200,
        ending: 'complete',
        session: 's-1',
        labels: { team: 'blue' },
        upstream: 'anthropic',
        account: 'own',
        inputTokens: 2_000,
        cost: expect.closeTo(0.01025, 8),
      },
      { status: 200, session: 's-1' },
    ])
    expect(new Set(requests.map(({ id }: { id: string }) => id)).size).toBe(3)
    expect(requests[1].cache).toBeUndefined() // it is no turn of its session
    expect(await sums()).toEqual([before + 2_010, expect.closeTo(money + 0.01025, 6)])
    expect((await api('usage?by=upstream&since=24h')).rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'anthropic', requests: 1, inputTokens: 2_000, outputTokens: 10 }),
        expect.objectContaining({ name: 'zai', requests: 1 }),
        expect.objectContaining({ name: null, requests: 1, failed: 1 }),
      ]),
    )
    expect((await get('/metrics')).text()).toMatch(/^agproxy_attempts_total\{.*anthropic.*\} 1$/m)
    expect(second.requests).toHaveLength(1)
  })

  it('also when it breaks off', async () => {
    const { resend, kept, second } = await served()
    second.use(() => reset())
    await resend({ upstream: 'anthropic' })
    expect(await kept()).toMatchObject([
      { requestClass: 'resend', status: 502, code: 'AGP_UPSTREAM_RESET' },
      {},
    ])
  })

  it('an upstream that is not there is an answer in words', async () => {
    const { resend, up } = await served()
    const calls = up.requests.length
    const { now } = (await resend({ upstream: 'nobody' })).json<{ now: { status: number; text: string } }>()
    expect(now.status).toBeGreaterThanOrEqual(400)
    expect(now.text).not.toBe('')
    expect(up.requests).toHaveLength(calls)
  })

  it.each([
    ['no body', [], 400, 'the body must be an object'],
    ['nowhere', {}, 400, 'say where to: one of model, upstream, account'],
    ['an odd field', { to: 'x' }, 400, "unknown field 'to'"],
    ['no name', { model: 7 }, 400, 'model: expected a name'],
  ])('is refused with %s', async (_what, body, status, words) => {
    const { resend, second } = await served()
    const seen = await resend(body)
    expect([seen.status, seen.text()]).toEqual([status, expect.stringContaining(words)])
    expect(second.requests).toHaveLength(0)
  })

  it('is the operator’s alone: not for a client, not for a web page', async () => {
    const { resend, second, up } = await served()
    const calls = up.requests.length
    const json = { 'content-type': 'application/json' }
    expect((await resend({ model: 'x' }, json)).status).toBe(401)
    expect((await resend({ model: 'x' }, { ...auth, origin: 'https://example.com' })).status).toBe(403)
    expect((await resend({ model: 'x' }, auth, 'req_none')).status).toBe(404)
    expect([second.requests.length, up.requests.length]).toEqual([0, calls])
  })

  it('wants its body kept', async () => {
    const { resend } = await served({})
    const seen = await resend({ model: 'x' })
    expect([seen.status, seen.text()]).toEqual([404, expect.stringContaining('trace: { bodies: true }')])
  })
})
