import { describe, expect, it } from 'vitest'
import { definePlugin, type StateStore } from '../../core/index.js'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { ask } from '../../test/support/client.js'
import { expectError } from '../../test/support/expect-error.js'
import { direct, stand } from '../../test/support/stand.js'
import { budgetOf } from './limits.js'
import { loopIn } from './loop.js'

const usage = { input_tokens: 900, output_tokens: 100, cache_read_input_tokens: 50_000 }
const limited =
  (...limits: object[]) =>
  (url: string) => ({ ...direct(url), budgets: { limits } })
const session = (id: string) => ({ 'x-claude-code-session-id': id })

describe('a budget', () => {
  it('warns from 75 percent on, then refuses with a sentence that says what to do', async () => {
    const { send, up } = await stand(anthropicUpstream({ usage }), {
      config: limited({ per: 'session', tokens: 5_000 }),
    })
    const seen = []
    for (let n = 0; n < 6; n++) {
      seen.push(await send({ body: ask(), headers: session('s-1') }))
    }
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429])
    expect(seen.slice(0, 5).map(({ headers }) => headers['x-agproxy-budget'])).toEqual([
      undefined,
      undefined,
      undefined,
      '80% of 5,000 tokens (per session)',
      '100% of 5,000 tokens (per session)',
    ])
    const refused = seen[5]!
    expectError(
      refused,
      429,
      'billing_error',
      /the budget of this session does not allow this request: 5,000 tokens of 5,000 tokens are used\. A new session has a budget of its own\. .*`budgets\.limits` \(per: 'session'\)/,
    )
    expect(refused.headers['x-should-retry']).toBe('false')
    expect(up.requests).toHaveLength(5)
    expect((await send({ body: ask(), headers: session('s-2') })).status).toBe(200)
  })

  it('refuses before the call what would pass it, also for requests that come together', async () => {
    const { send, up } = await stand(anthropicUpstream({ usage }), {
      config: limited({ per: 'day', tokens: 3_500 }),
    })
    await send({ body: ask(), headers: session('s-1') })
    const statuses = await Promise.all(
      Array.from({ length: 8 }, () =>
        send({ body: ask(), headers: session('s-1') }).then(({ status }) => status),
      ),
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(2)
    expect(up.requests).toHaveLength(3)
    const refused = await send({ body: ask(), headers: session('s-1') })
    expectError(
      refused,
      429,
      'billing_error',
      /and this request takes about 1,000 tokens\. It begins anew at \d{4}-\d\d-\d\d 00:00/,
    )
  })

  it('in money counts what models cost, and nothing of a plan', async () => {
    const config = (plan: boolean) => (url: string) => ({
      ...limited({ per: 'key', usd: 0.04 })(url),
      accounts: [{ id: 'one', upstream: 'anthropic' as const, apiKey: 'sk-upstream-1', plan }],
    })
    // 900 × $5 + 50,000 × $0.5 + 100 × $25, a million: 3.2 cents.
    const body = { ...ask(), model: 'claude-opus-4-5' }
    const paid = await stand(anthropicUpstream({ usage }), { config: config(false) })
    expect((await paid.send({ body })).status).toBe(200)
    await expect.poll(async () => (await paid.send({ body })).status).toBe(429)
    const plan = await stand(anthropicUpstream({ usage }), { config: config(true) })
    for (let n = 0; n < 3; n++) expect((await plan.send({ body })).status).toBe(200)
  })

  it('of a label is for that label, and keys have each their own', async () => {
    const { send } = await stand(anthropicUpstream({ usage }), {
      config: limited({ per: 'label', label: 'team=blue', tokens: 1_000 }, { per: 'key', tokens: 2_000 }),
    })
    const status = async (key: string, label: string) =>
      (
        await send({
          body: ask(),
          headers: { 'x-api-key': key, 'x-agproxy-label': label, ...session(`${key}-${label}`) },
        })
      ).status
    expect(await status('a', 'team=blue')).toBe(200)
    await expect.poll(() => status('a', 'team=blue')).toBe(429)
    expect(await status('a', 'team=red')).toBe(200)
    await expect.poll(() => status('a', 'team=red')).toBe(429)
    expect(await status('b', 'team=red')).toBe(200)
  })

  it('is told to the operator as it stands, without a key or a session', async () => {
    const { send } = await stand(anthropicUpstream({ usage }), {
      config: (url) => ({
        ...limited(
          { per: 'day', usd: 10 },
          { per: 'session', tokens: 4_000 },
          { per: 'label', label: 'team=blue', tokens: 9_000 },
        )(url),
        server: { adminKey: 'admin-key-1234' },
      }),
    })
    const get = async (query = '') =>
      (
        await send({
          method: 'GET',
          path: `/_agproxy/api/budgets${query}`,
          headers: { authorization: 'Bearer admin-key-1234' },
        })
      ).json<{ budgets: Record<string, unknown>[] }>().budgets
    expect(await get()).toMatchObject([{ per: 'day', unit: 'usd', amount: 10, used: 0, share: 0, of: null }])
    const body = { ...ask(), model: 'claude-opus-4-5' }
    for (const id of ['canary-1', 'canary-1', 'canary-2'])
      await send({ body, headers: { ...session(id), 'x-agproxy-label': 'team=blue' } })
    await expect.poll(async () => (await get()).map(({ share }) => share)).toEqual([0.01, 0.5, 0.25, 0.333])
    const budgets = await get()
    expect(budgets[1]).toMatchObject({
      per: 'session',
      every: 'never',
      unit: 'tokens',
      amount: 4_000,
      used: 2_000,
      ends: null,
    })
    expect(budgets[3]).toMatchObject({
      per: 'label',
      label: 'team=blue',
      every: 'day',
      ends: expect.any(String),
    })
    expect(JSON.stringify(budgets)).not.toContain('canary')
    expect((await get('?session=canary-2')).map(({ per, used }) => [per, used])).toEqual([
      ['day', expect.any(Number)],
      ['session', 1_000],
    ])
  })

  it('keeps no key and no session in the shared state', async () => {
    let store: StateStore | undefined
    const spy = definePlugin({
      name: 'spy',
      phase: 'request',
      create: ({ state }) => {
        store = state
        return {}
      },
    })
    const { send, gateway } = await stand(anthropicUpstream({ usage }), {
      config: (url) => ({
        ...limited({ per: 'key', tokens: 1e6 }, { per: 'session', tokens: 1e6 })(url),
        use: [spy],
      }),
    })
    await send({ body: ask(), headers: { 'x-api-key': 'canary-key', ...session('canary-session') } })
    const kept = () => [...store!.entries('budget'), ...store!.entries('budget-last')]
    await expect.poll(() => kept().length).toBe(3)
    expect(JSON.stringify([kept(), gateway.logs.filter(({ level }) => level !== 'info')])).not.toContain(
      'canary',
    )
  })

  it.each([
    ['day', '2026-11-26T15:00:00', '2026-11-27T00:00:00'],
    ['week', '2026-11-29T15:00:00', '2026-11-30T00:00:00'],
    ['month', '2026-12-31T23:59:59', '2027-01-01T00:00:00'],
  ] as const)('begins anew each %s', (every, now, ends) => {
    const at = (time: string) => budgetOf({ per: 'day', tokens: 5, every }, 'all', new Date(time).getTime())
    expect(at(now).ends).toBe(new Date(ends).getTime())
    expect(at(ends).key).not.toBe(at(now).key)
  })

  it('is off until the config wants it, and wants one unit', async () => {
    const { gateway } = await stand(anthropicUpstream())
    const names = gateway.plugins
    expect(names).not.toContain('budgets')
    await expect(stand(anthropicUpstream(), { config: limited({ per: 'day' }) })).rejects.toThrow(
      'expected one of tokens and usd',
    )
  })
})

describe('a loop', () => {
  const call = (input: object) => ({
    role: 'assistant',
    content: [{ type: 'tool_use', id: `t${Math.random()}`, name: 'Bash', input }],
  })
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'no' }] }
  const same = (times: number) =>
    Array.from({ length: times }, () => [call({ command: 'ls' }), result]).flat()

  it('is the same call, so many times in a row', () => {
    expect(loopIn(same(5) as never, 5)).toEqual({ tool: 'Bash', times: 5 })
    expect(loopIn(same(4) as never, 5)).toBeUndefined()
    expect(loopIn([...same(5), call({ command: 'pwd' }), result] as never, 5)).toBeUndefined()
    expect(loopIn([...same(3), call({ command: 'pwd' }), result, ...same(3)] as never, 5)).toBeUndefined()
  })

  it('is warned of, and the request is served', async () => {
    const { send, gateway } = await stand(anthropicUpstream(), {
      config: (url) => ({ ...direct(url), budgets: true }),
    })
    const messages = [{ role: 'user', content: 'go' }, ...same(5)]
    const seen = await send({ body: { ...ask(), messages } })
    expect([seen.status, seen.headers['x-agproxy-loop']]).toEqual([
      200,
      'the last 5 calls of a tool are the same',
    ])
    expect(gateway.logs.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { tool: 'Bash', times: 5 } },
    ])
    expect(JSON.stringify(gateway.logs)).not.toContain('command')
  })
})
