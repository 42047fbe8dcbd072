import { describe, expect, it, onTestFinished } from 'vitest'
import { Reply } from '../../core/index.js'
import { definePlugin } from '../../core/plugin/define.js'
import { testChain } from './chain.js'
import { mount } from './mount.js'
import { makeCall, messageReply } from './values.js'

const two = {
  preset: 'claude-code',
  accounts: [
    { id: 'first', upstream: 'anthropic', apiKey: 'k1' },
    { id: 'second', upstream: 'anthropic', apiKey: 'k2' },
  ],
} as const

const chain = async (...args: Parameters<typeof testChain>) => {
  const made = await testChain(...args)
  onTestFinished(() => made.dispose())
  return made
}

describe('a whole config under test', () => {
  it('answers by script, with its accounts, and sends nothing', async () => {
    const { send, calls } = await chain(two, { answer: (call) => messageReply(call.target!.account.id) })
    expect(await (await send()).json()).toMatchObject({ content: [{ text: 'first' }] })
    expect(calls).toHaveLength(1)
  })

  it('moves to the next account, and back when its clock says that the cooldown is over', async () => {
    const busy = () =>
      Reply.json(
        { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } },
        { status: 429, headers: { 'retry-after': '40' } },
      )
    const { send, accounts, advance } = await chain(two, {
      answer: (call) => (call.target!.account.id === 'first' ? busy() : messageReply('second')),
    })
    expect((await send()).header('x-account-email')).toBe('second')
    const [first] = accounts.all()
    expect(accounts.cooldownMs(first!)).toBeGreaterThan(30_000)
    advance(41_000)
    expect(accounts.cooldownMs(first!)).toBe(0)
  })

  it('runs own plugins in their place, and keeps what they log', async () => {
    const stamp = definePlugin({
      name: 'stamp',
      phase: 'request',
      create: ({ logger }) => ({
        onReply(reply) {
          logger.info({ n: 1 }, 'seen')
          return reply.with({ headers: { 'x-stamp': 'yes' } })
        },
      }),
    })
    const { send, logs } = await chain({ ...two, use: [stamp] })
    expect((await send()).header('x-stamp')).toBe('yes')
    expect(logs).toContainEqual({ level: 'info', fields: { plugin: 'stamp', n: 1 }, message: 'seen' })
  })

  it('refuses a config that can not be used, in the words of the config', async () => {
    await expect(testChain({ preset: 'claude-cod' as never })).rejects.toThrow(/did you mean 'claude-code'/)
  })
})

describe('what check accepts', () => {
  it('upstreams as data', async () => {
    const { send, calls } = await chain({
      upstreams: [{ name: 'mine', baseURL: 'https://llm.example.com' }],
      accounts: [{ id: 'a', upstream: 'mine', apiKey: 'k' }],
    })
    expect((await send()).status).toBe(200)
    expect(calls.map((call) => call.target?.upstream.name)).toEqual(['mine'])
  })
})

describe('what comes beside sending', () => {
  const seen: string[] = []
  const counter = definePlugin({
    name: 'counter',
    phase: 'request',
    create: () => ({
      onFinish: ({ status, attempts }) => void seen.push(`${status} after ${attempts.length}`),
      onRetire: () => void seen.push('retired'),
      endpoints: [{ method: 'GET', path: '/seen', access: 'client', handle: () => Reply.json(seen) }],
    }),
  })

  it.each([
    ['testChain', () => testChain({ ...two, use: [counter] })],
    ['mount', () => mount(counter)],
  ])('%s runs onFinish and onRetire, and calls routes', async (_name, make) => {
    seen.length = 0
    const made = await make()
    onTestFinished(() => made.dispose())
    const call = makeCall()
    await made.send(call)
    await made.finish(call, 200)
    made.retire()
    expect(await (await made.request('GET', '/seen')).json()).toEqual([
      expect.stringMatching(/^200 after [01]$/),
      'retired',
    ])
    await expect(made.request('GET', '/elsewhere')).rejects.toThrow(
      'no plugin has an endpoint GET /elsewhere',
    )
  })
})
