import { afterEach, describe, expect, it } from 'vitest'
import { type Call, defineUpstream, type MessagesRequest, type RecordFacts, Reply } from '../../core/index.js'
import { makeCall, messageReply, type TestChain, testChain } from '../../testing.js'
import type { ModelMapOptions } from './options.js'

const OPUS = 'claude-opus-5-5'
const kimi = defineUpstream({ name: 'kimi', send: () => messageReply() })
const chains: TestChain[] = []
afterEach(() => Promise.all(chains.splice(0).map((chain) => chain.dispose())))

const busy = () =>
  Reply.json(
    { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } },
    { status: 429, headers: { 'retry-after': '60' } },
  )

/** A chain with two upstreams; `ask` returns where a request went, as `account model`. */
async function start(options: unknown, answer: (call: Call) => Reply = () => messageReply()) {
  const chain = await testChain(
    {
      preset: 'claude-code',
      accounts: [
        { id: 'own', upstream: 'anthropic', apiKey: 'k1' },
        { id: 'glm', upstream: 'zai', apiKey: 'k2' },
        { id: 'kimi', upstream: 'kimi', apiKey: 'k3' },
      ],
      use: [kimi],
      plugins: { 'model-map': options as ModelMapOptions, zai: { dispatch: 'pooled' } },
    } as never,
    { answer },
  )
  chains.push(chain)
  const ask = async (
    body: Partial<MessagesRequest> = {},
    facts: Partial<RecordFacts> = {},
    session = 's',
  ) => {
    const call = makeCall({ model: OPUS, ...body }, { headers: { 'x-claude-code-session-id': session } })
    call.record.update(facts)
    const reply = await chain.send(call)
    const last = chain.calls.at(-1)!
    return reply.ok ? `${last.target!.account.id} ${last.model}` : `${reply.status}`
  }
  return { chain, ask }
}

describe('models', () => {
  it('by exact name, then by the longest pattern; what stands for the star can be named', async () => {
    const { ask } = await start({
      models: {
        fast: 'zai/glm-5.3-flash',
        'claude-*': 'zai/glm-5.3',
        'claude-haiku-*': { upstream: 'zai' },
        'kimi/*': 'kimi/*',
        'org/*': 'other-org/*',
      },
    })
    expect(await ask({ model: 'fast' })).toBe('glm glm-5.3-flash')
    expect(await ask()).toBe('glm glm-5.3')
    expect(await ask({ model: 'claude-haiku-9' })).toBe('glm claude-haiku-9')
    expect(await ask({ model: 'kimi/k3' })).toBe('kimi k3')
    expect(await ask({ model: 'org/x' })).toBe('own other-org/x')
    expect(await ask({ model: 'unknown' })).toBe('own unknown')
  })

  it('leave the bytes of a request that none fits', async () => {
    const { chain } = await start({ models: { fast: 'zai/glm-5.3-flash' } })
    const call = makeCall({ model: OPUS })
    await chain.send(call)
    expect(chain.calls[0]!.bytes).toBe(call.bytes)
  })
})

describe('rules', () => {
  it.each<[string, object, Partial<MessagesRequest>, Partial<RecordFacts>]>([
    ['class', { class: 'compaction' }, {}, { requestClass: 'compaction' }],
    ['sub-agents by their id, where the client says no class', { class: 'subagent' }, {}, { agent: 'a1' }],
    ['agent type', { agentType: 'Exp*' }, {}, { agentType: 'Explore' }],
    ['agent', { agent: 'reviewer-*' }, {}, { agent: 'reviewer-7' }],
    ['thinking', { thinking: true }, { thinking: { type: 'adaptive' } }, {}],
    ['no thinking', { thinking: false }, { thinking: { type: 'disabled' } }, {}],
    ['size', { over: 500 }, { messages: [{ role: 'user', content: 'word '.repeat(1000) }] }, {}],
    ['all conditions together', { model: 'claude-*', class: 'main' }, {}, { requestClass: 'main' }],
  ])('%s', async (_, when, body, facts) => {
    const { ask } = await start({ rules: [{ ...when, to: 'zai/glm-5.3' }] })
    expect(await ask(body, facts)).toBe('glm glm-5.3')
    const other = { thinking: { type: when && 'thinking' in when && when.thinking ? 'disabled' : 'enabled' } }
    expect(await ask(other, {}, 'other')).toBe(`own ${OPUS}`)
  })

  it('the first that fits decides, and stands above the models', async () => {
    const { ask } = await start({
      rules: [
        { class: 'main', to: 'zai/a' },
        { model: '*', to: 'zai/b' },
      ],
      models: { '*': 'zai/c' },
    })
    expect(await ask({}, { requestClass: 'main' })).toBe('glm a')
    expect(await ask({}, {}, 'other')).toBe('glm b')
  })
})

describe('a list of destinations', () => {
  const options = { models: { 'claude-*': ['zai/glm-5.3', 'kimi/k3', 'anthropic/*'] } }

  it('goes on to the next one that can serve, each with its own name for the model', async () => {
    const { ask, chain } = await start(options, (call) =>
      call.target!.account.id === 'own' ? messageReply() : busy(),
    )
    expect(await ask()).toBe(`own ${'opus-5-5'}`)
    expect(chain.calls.map((call) => call.model)).toEqual(['glm-5.3', 'k3', 'opus-5-5'])
    expect(await ask({}, {}, 'other')).toBe('own opus-5-5') // the two cool down, and are not asked
    expect(chain.calls).toHaveLength(4)
  })

  it('tells of the last where none can', async () => {
    const { ask, chain } = await start(options, busy)
    expect(await ask()).toBe('429')
    expect(new Set(chain.calls.map((call) => call.target!.account.id))).toEqual(
      new Set(['glm', 'kimi', 'own']),
    )
  })

  it('is left where only the client can mend the request', async () => {
    const refusal = {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 2 tokens > 1 maximum' },
    }
    const { ask, chain } = await start(options, () => Reply.json(refusal, { status: 400 }))
    expect(await ask()).toBe('400')
    expect(chain.calls).toHaveLength(1)
  })
})

describe('a session', () => {
  it("stays where it was sent until its user's next prompt", async () => {
    let isDown = true
    const { ask, chain } = await start({ models: { 'claude-*': ['zai/glm-5.3', 'kimi/k3'] } }, (call) =>
      isDown && call.target!.account.id === 'glm' ? busy() : messageReply(),
    )
    expect(await ask({}, { prompt: 'p1' })).toBe('kimi k3')
    isDown = false
    chain.advance(120_000)
    expect(await ask({}, { prompt: 'p1' })).toBe('kimi k3')
    expect(await ask({}, { prompt: 'p1' }, 'another')).toBe('glm glm-5.3')
    expect(await ask({}, { prompt: 'p2' })).toBe('glm glm-5.3')
  })

  it('stays also where it would fit another rule by now', async () => {
    const { ask } = await start({
      rules: [
        { over: 500, to: 'kimi/k3' },
        { model: '*', to: 'zai/glm-5.3' },
      ],
    })
    const long = { messages: [{ role: 'user', content: 'word '.repeat(1000) }] }
    expect(await ask({}, { prompt: 'p1' })).toBe('glm glm-5.3')
    expect(await ask(long, { prompt: 'p1' })).toBe('glm glm-5.3')
    expect(await ask(long, { prompt: 'p2' })).toBe('kimi k3')
  })

  it('is moved by another model', async () => {
    const { ask } = await start({ models: { a: 'zai/x', b: 'kimi/y' } })
    expect(await ask({ model: 'a' }, { prompt: 'p1' })).toBe('glm x')
    expect(await ask({ model: 'b' }, { prompt: 'p1' })).toBe('kimi y')
  })
})

it.each([
  [{ upstream: 'zia' }, /no upstream 'zia'/],
  [{ account: 'nobody' }, /no account 'nobody'; there are own, glm, kimi/],
])('a destination that there is not is told by name: %j', async (to, words) => {
  const { ask } = await start({ models: { '*': to } })
  await expect(ask()).rejects.toThrow(words)
})
