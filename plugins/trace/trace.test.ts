import { describe, expect, it } from 'vitest'
import { definePlugin, defineUpstream, Reply } from '../../core/index.js'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import type { Handler } from '../../test/support/bad-upstream.js'
import { ask } from '../../test/support/client.js'
import { message, messageEvents } from '../../test/support/messages.js'
import { json, sse } from '../../test/support/script.js'
import { direct, stand, zaiPair } from '../../test/support/stand.js'
import type { TestConfig } from '../../testing.js'

const KEY = 'admin-key-1234'
const auth = { authorization: `Bearer ${KEY}` }
const CANARIES = [
  'canary-prompt',
  'canary-answer',
  'canary-system',
  'canary-user',
  'sk-upstream-1',
  'sk-client-key',
]

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, whose fields the tests name
type Told = Record<string, any>

async function traced(handler: Handler = anthropicUpstream(), options: object = {}, config: object = {}) {
  const made = await stand(handler, {
    config: (url) =>
      ({ ...zaiPair(url), server: { adminKey: KEY }, trace: options, ...config }) as unknown as TestConfig,
  })
  const get = async (path: string) => {
    const seen = await made.send({ method: 'GET', path: `/_agproxy/api/${path}`, headers: auth })
    return { ...seen.json<Told>(), http: seen.status } as Told
  }
  /** The newest request, once it is over. */
  const newest = async (n = 1) => {
    await expect.poll(async () => (await get('requests')).requests.length, { timeout: 10_000 }).toBe(n)
    return get(`requests/${(await get('requests')).requests[0].id}`)
  }
  return { ...made, get, newest }
}

const secretive = ask({
  system: 'canary-system',
  metadata: { user_id: JSON.stringify({ session_id: 's1', device_id: 'canary-user' }) },
  messages: [
    {
      role: 'user',
      content: [{ type: 'text', text: 'canary-prompt', cache_control: { type: 'ephemeral' } }],
    },
    { role: 'user', content: 'canary-prompt' },
  ],
})

describe('a request', () => {
  it('leaves a record: its steps, what each plugin changed and why, its account, its tokens', async () => {
    const { send, newest } = await traced()
    const reply = await send({ body: secretive, headers: { 'x-agproxy-label': 'team=blue' } })
    const seen = await newest()
    expect(seen).toMatchObject({
      status: 200,
      ending: 'complete',
      session: 's1',
      labels: { team: 'blue' },
      model: 'claude-sonnet-5',
      account: 'first',
      attempts: [
        {
          upstream: 'zai',
          choice: { reason: 'tier', tier: 0, others: [] },
          status: 200,
          times: { started: expect.any(Number), connected: expect.any(Number), lastByte: expect.any(Number) },
        },
      ],
      usageKnown: true,
      estimateError: expect.any(Number),
      times: { bodyRead: expect.any(Number), finished: expect.any(Number) },
    })
    const of = (plugin: string) => seen.plugins.find((p: { plugin: string }) => p.plugin === plugin)
    expect(of('role-merge').changes.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^messages\[/)]),
    )
    expect(of('role-merge')).toMatchObject({ attempt: 1, reason: expect.stringMatching(/joined/) })
    expect(of('warmup').changes).toBeUndefined()
    const steps = seen.plugins.map((p: { in: number }) => p.in)
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
    expect(reply.headers['server-timing']).toMatch(/^agproxy;dur=[\d.]+, upstream;dur=[\d.]+$/)
  })

  it('that failed has each attempt with its error and cooldown, and is marked where its tokens are not known', async () => {
    const { send, newest, get } = await traced(() =>
      failure(429, 'rate_limit_error', 'canary-answer', { 'retry-after': '40' }),
    )
    await send({ body: secretive })
    const seen = await newest()
    expect(seen).toMatchObject({ status: 429, usageKnown: false, attempts: [{}, {}] })
    expect(seen.attempts[0]).toMatchObject({
      error: 'rate_limit_error (429)',
      cooldown: { reason: 'rate-limit', ms: 40_000 },
    })
    const [row] = (await get('requests')).requests
    expect(row.failedAttempts).toMatchObject([
      { account: 'first', status: 429, error: 'rate_limit_error (429)', reason: 'rate-limit' },
      { account: 'second', status: 429 },
    ])
    expect(Date.parse(row.failedAttempts[0].until) - Date.parse(row.at)).toBeGreaterThanOrEqual(40_000)
    expect((await get('requests?status=4xx&error=rate')).requests).toHaveLength(1)
    expect((await get('requests?status=200')).requests).toEqual([])
  })

  it('holds no key and no word of prompts and answers', async () => {
    const answer = anthropicUpstream({ text: 'canary-answer' })
    const { send, newest, get } = await traced(answer)
    await send({ body: secretive, headers: { 'x-api-key': 'sk-client-key' } })
    const told = JSON.stringify([
      await newest(),
      await get('requests'),
      await get('sessions'),
      await get('chain'),
    ])
    for (const canary of CANARIES) expect(told).not.toContain(canary)
  })

  it('with bodies: true holds the words, and still no key and no user', async () => {
    const { send, newest } = await traced(anthropicUpstream({ text: 'canary-answer' }), { bodies: true })
    await send({ body: secretive, headers: { 'x-api-key': 'sk-client-key' } })
    const told = JSON.stringify(await newest())
    for (const canary of CANARIES.slice(0, 3)) expect(told).toContain(canary)
    for (const canary of CANARIES.slice(3)) expect(told).not.toContain(canary)
  })

  it('is kept through a reload of the config', async () => {
    const { send, gateway, newest } = await traced()
    await send({ body: ask() })
    const before = await newest()
    await gateway.reload()
    expect((await newest()).id).toBe(before.id)
  })

  it('is one of so many: the oldest go', async () => {
    const { send, newest } = await traced(anthropicUpstream(), { size: 2 })
    for (let i = 0; i < 4; i++) await send({ body: ask() })
    await newest(2)
  })
})

describe('the list', () => {
  it('has pages and filters', async () => {
    const { send, get } = await traced()
    for (let i = 0; i < 5; i++)
      await send({ body: ask(), headers: { 'x-claude-code-session-id': i % 2 ? 'odd' : 'even' } })
    await expect.poll(async () => (await get('requests')).requests.length, { timeout: 10_000 }).toBe(5)
    const first = await get('requests?limit=2')
    const second = await get(`requests?limit=2&before=${first.next}`)
    const third = await get(`requests?limit=2&before=${second.next}`)
    const ids = [first, second, third].flatMap(({ requests }) => requests.map(({ id }: { id: string }) => id))
    expect(new Set(ids).size).toBe(5)
    expect(third.next).toBeUndefined()
    expect((await get('requests?session=odd')).requests).toHaveLength(2)
    expect((await get('requests?session=odd&model=other')).requests).toHaveLength(0)
    for (const query of ['limit=0', 'limit=201', 'colour=red'])
      expect(await get(`requests?${query}`)).toMatchObject({ http: 400 })
    expect(await get('requests/req_none')).toMatchObject({ http: 404 })
  })

  it('of sessions is a tree of prompts and agents with their tokens', async () => {
    const { send, get } = await traced()
    const headers = (agent?: string) => ({
      'x-claude-code-session-id': 's',
      'x-claude-code-prompt-id': 'p',
      ...(agent && { 'x-claude-code-agent-id': agent, 'x-claude-code-agent-type': 'Explore' }),
    })
    for (const agent of [undefined, 'a', 'a']) await send({ body: ask(), headers: headers(agent) })
    await expect.poll(async () => (await get('sessions')).sessions[0]?.requests, { timeout: 10_000 }).toBe(3)
    const { sessions } = await get('sessions')
    expect(sessions[0].prompts[0].agents).toMatchObject([
      { agent: null, requests: 1 },
      { agent: 'a', agentType: 'Explore', requests: 2, ids: [expect.any(String), expect.any(String)] },
    ])
    expect(sessions[0].inputTokens).toBe(3 * sessions[0].prompts[0].agents[0].inputTokens)
  })

  it('of errors has the newest failed attempt of each account, without a word of the upstream', async () => {
    let n = 0
    const refusing: Handler = (request) => {
      if (!request.url.startsWith('/v1/messages')) return json({ data: [] })
      const status = [429, 401][n++] ?? 200
      return status === 200 ? json(message({ text: 'ok' })) : failure(status, 'api_error', 'canary-answer')
    }
    const { send, get, newest } = await traced(refusing)
    expect(await get('errors')).toMatchObject({ errors: [] })
    await send({ body: ask() })
    const { id } = await newest()
    const { errors } = await get('errors')
    expect(errors).toMatchObject([
      {
        account: 'second',
        upstream: 'zai',
        request: id,
        status: 401,
        error: expect.stringMatching(/\(401\)$/),
      },
      { account: 'first', request: id, status: 429, at: expect.stringMatching(/^20/) },
    ])
    expect(JSON.stringify(errors)).not.toContain('canary')
    expect(JSON.stringify(await get(`requests/${id}`))).not.toContain('canary')
  })

  it('of errors has what the upstream said with bodies: true alone, without the key and without end', async () => {
    let n = 0
    const said = `sk-upstream-1 is over its limit ${'x'.repeat(5_000)}`
    const refusing: Handler = () =>
      n++ === 0
        ? failure(429, 'rate_limit_error', said)
        : n === 2
          ? json('', 500)
          : json(message({ text: 'ok' }))
    const { send, get, newest } = await traced(refusing, { bodies: true })
    await send({ body: ask() })
    const { id } = await newest()
    const { errors } = await get('errors')
    expect(errors).toMatchObject([
      { account: 'second', status: 500, words: null },
      { account: 'first', status: 429, words: expect.stringMatching(/^\[key\] is over its limit x{200}/) },
    ])
    expect(errors[1].words).toHaveLength(300)
    expect((await get(`requests/${id}`)).attempts[0].words).toBe(errors[1].words)
  })

  it('of errors has no key that an upstream of one’s own lets through', async () => {
    const key = 'sk-own-0123456789abcdef'
    const error = { type: 'authentication_error', message: `the key ${key} is not known` }
    const own = defineUpstream({
      name: 'own',
      send: () => Reply.json({ type: 'error', error }, { status: 401 }),
    })
    const accounts = [{ id: 'a', upstream: 'own', apiKey: key }]
    const { send, get, newest } = await traced(undefined, { bodies: true }, { use: [own], accounts })
    await send({ body: ask() })
    await newest()
    expect((await get('errors')).errors).toMatchObject([{ words: 'the key [key] is not known' }])
  })

  it('of the chain has its plugins in order, and no secret', async () => {
    const { get } = await traced(anthropicUpstream(), {}, {})
    const { plugins, endpoints } = await get('chain')
    const names = plugins.map(({ name }: { name: string }) => name)
    expect(names.indexOf('trace')).toBeLessThan(names.indexOf('retry-rotate'))
    expect(endpoints).toContainEqual({
      method: 'GET',
      path: '/_agproxy/api/live',
      access: 'admin',
      plugin: 'trace',
    })
  })
})

describe('money', () => {
  const usage = { input_tokens: 1_000, output_tokens: 100, cache_read_input_tokens: 10_000 }
  const glm = (plan: boolean) => (url: string) =>
    ({
      ...zaiPair(url),
      accounts: zaiPair(url).accounts!.map((account) => ({ ...account, plan })),
      plugins: { zai: { baseURL: url, models: { 'claude-*': 'glm-4.7' } } },
      server: { adminKey: KEY },
      trace: {},
    }) as unknown as TestConfig
  const body = { ...ask(), model: 'claude-opus-4-5' }
  async function served(plan: boolean, count: number) {
    const made = await stand(anthropicUpstream({ usage }), { config: glm(plan) })
    const get = async (path: string) =>
      (await made.send({ method: 'GET', path: `/_agproxy/api/${path}`, headers: auth })).json<Told>()
    for (let n = 0; n < count; n++) await made.send({ body })
    await expect.poll(async () => (await get('requests')).requests.length, { timeout: 10_000 }).toBe(count)
    return get
  }

  it('is what each request cost, and what the name that the client asked for would have', async () => {
    const get = await served(false, 2)
    // 1,000 × $0.6 + 10,000 × $0.11 + 100 × $2.2 a million; Opus at $5, $0.5 and $25.
    const [request] = (await get('requests')).requests
    expect(request).toMatchObject({ mappedModel: 'glm-4.7', plan: false })
    expect(request.cost).toBeCloseTo(0.00192, 8)
    expect(request.listCost).toBeCloseTo(0.0125, 8)
    const [session] = (await get('sessions')).sessions
    expect(session).toMatchObject({ priced: 2, plan: 0 })
    expect(session.cost).toBeCloseTo(0.00384, 8)
    expect(session.prompts[0].agents[0].listCost).toBeCloseTo(0.025, 8)
  })

  it('of a plan is none', async () => {
    const [request] = (await (await served(true, 1))('requests')).requests
    expect(request).toMatchObject({ plan: true, listCost: expect.any(Number) })
    expect(request.cost).toBeUndefined()
  })
})

describe('the live stream', () => {
  it('tells finished requests, and ends with the gateway', async () => {
    const { send, url, gateway } = await traced()
    const response = await fetch(`${url}/_agproxy/api/live`, { headers: auth })
    let text = ''
    const over = (async () => {
      for await (const chunk of response.body!) text += Buffer.from(chunk).toString()
    })()
    await expect.poll(() => text, { timeout: 10_000 }).toContain('listening')
    for (let i = 0; i < 3; i++) await send({ body: ask() })
    await expect.poll(() => text.match(/"id":"req_/g)?.length, { timeout: 10_000 }).toBe(3)
    expect(text).toMatch(/event: requests\ndata: \{"type":"requests","requests":\[/)
    const stopping = gateway.close(20_000)
    await over
    await stopping
  })
})

it('a plugin that changes what it does not declare is told of once', async () => {
  const liar = definePlugin({
    name: 'liar',
    phase: 'attempt',
    touches: ['temperature'],
    create: () => ({ onRequest: (call) => call.set({ max_tokens: 7 }) }),
  })
  const { send, gateway, newest } = await traced(anthropicUpstream(), {}, { use: [liar()] })
  for (let i = 0; i < 2; i++) await send({ body: ask() })
  await newest(2)
  const told = gateway.logs.filter(({ message }) => message.includes('touches'))
  expect(told.map(({ message }) => message)).toEqual([
    "plugin 'liar' changes max_tokens, which its `touches` does not name",
  ])
})

describe('the cache doctor', () => {
  const usage = (read: number, made: number) => ({
    input_tokens: 10,
    output_tokens: 2,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: made,
  })
  const turns =
    (...of: [number, number][]): Handler =>
    (_request, n) =>
      sse(messageEvents({ text: 'ok', usage: usage(...of[n]!) }))
  const long = { role: 'user', content: 'canary-prompt '.repeat(100) }
  const answer = { role: 'assistant', content: 'ok' }
  const session = { 'x-claude-code-session-id': 's' }

  async function verdicts(bodies: object[], handler: Handler, config: object = {}, trace: object = {}) {
    const { send, newest } = await traced(handler, trace, config)
    const found: Told[] = []
    for (const [i, body] of bodies.entries()) {
      await send({ body: ask({ stream: true, ...body }), headers: session })
      found.push((await newest(i + 1)).cache)
    }
    return found
  }

  it('says that a turn which goes on hits', async () => {
    const found = await verdicts(
      [{ messages: [long] }, { messages: [{ ...long, cache_control: { type: 'ephemeral' } }, answer, long] }],
      turns([0, 5_000], [5_000, 300]),
    )
    expect(found).toMatchObject([{ verdict: 'first' }, { verdict: 'hit', cachedTokens: 5_000 }])
  })

  it.each([
    ['the system prompt', { system: 'other', messages: [long, answer] }, 'system', 'system'],
    [
      'an older message',
      { messages: [{ role: 'user', content: 'other' }, answer] },
      'messages[0]',
      'messages[0].content',
    ],
    ['the tools', { tools: [{ name: 'new', input_schema: {} }], messages: [long, answer] }, 'tools', 'tools'],
  ])('names the region and the path of what changed: %s', async (_what, next, region, path) => {
    const found = await verdicts(
      [
        { system: 'one', messages: [long] },
        { system: 'one', ...next },
      ],
      turns([0, 5_000], [0, 6_000]),
    )
    expect(found[1]).toMatchObject({ verdict: 'prefix', region, path, lostTokens: 5_000 })
    expect(JSON.stringify(found)).not.toContain('canary')
  })

  const tool = (description: string) => ({ name: 'mcp__jira__search', description, input_schema: {} })
  const begin = 'canary-system '.repeat(200)
  it.each([
    [
      'a tool that changed',
      { tools: [tool('one')] },
      { tools: [tool('canary-two')] },
      { path: 'tools[0].description', tool: 'mcp__jira__search', before: '‹3›', after: '‹10›' },
      { before: '"one"', after: '"canary-two"' },
    ],
    [
      'a tool that came',
      { tools: [tool('one')] },
      { tools: [tool('one'), { ...tool('two'), name: 'other' }] },
      { path: 'tools[1]', tool: 'other', after: expect.stringContaining('"name":‹5›') },
      { after: expect.stringContaining('"name":"other"') },
    ],
    [
      'a long text, from where the two part',
      { system: `${begin}is new` },
      { system: `${begin}is old` },
      { path: 'system', before: '‹2806›', after: '‹2806›' },
      {
        before: expect.stringMatching(/^"….{30,40}is new"$/),
        after: expect.stringMatching(/^"….{30,40}is old"$/),
      },
    ],
  ])(
    'shows what was there and what is there now, in words with bodies: true alone: %s',
    async (_what, one, two, lengths, words) => {
      const told = async (trace: object) => {
        const bodies = [
          { ...one, messages: [long] },
          { ...two, messages: [long, answer] },
        ]
        return (await verdicts(bodies, turns([0, 5_000], [0, 6_000]), {}, trace))[1]
      }
      expect(await told({})).toMatchObject(lengths)
      expect(JSON.stringify(await told({}))).not.toContain('canary')
      expect(await told({ bodies: true })).toMatchObject(words)
    },
  )

  // The large one is compared when it has left, and again when its answer has begun; the other one when it is over.
  it.each([
    ['small', 100],
    ['large', 20_000],
  ])('names the plugin that changed it, in a %s body', async (_size, words) => {
    const long = { role: 'user', content: 'word '.repeat(words) }
    let n = 0
    const clock = definePlugin({
      name: 'clock',
      phase: 'attempt',
      create: () => ({ onRequest: (call) => call.set({ system: `it is ${n++}` }) }),
    })
    const found = await verdicts(
      [{ messages: [long] }, { messages: [long, answer] }],
      turns([0, 5_000], [0, 6_000]),
      {
        use: [clock()],
      },
    )
    expect(found[1]).toMatchObject({ verdict: 'prefix', region: 'system', plugin: 'clock' })
  })

  it.each([true, false])('asks Anthropic too where the config wants it, as a stream: %s', async (stream) => {
    const reasons = [
      null,
      { cache_miss_reason: { type: 'system_changed', cache_missed_input_tokens: 4_900 } },
    ]
    const handler = anthropicUpstream((_request, n) => {
      const init = { id: `msg_${n}`, text: 'ok', usage: usage(0, 6_000) }
      const diagnostics = reasons[n] ?? null
      if (!stream) return json({ ...message(init), diagnostics })
      const [start, ...rest] = messageEvents(init) as { message?: object }[]
      return sse([{ ...start, message: { ...start!.message, diagnostics } }, ...rest] as never)
    })
    const made = await stand(handler, {
      config: (url) =>
        ({
          ...direct(url),
          server: { adminKey: KEY },
          trace: { diagnostics: true },
        }) as unknown as TestConfig,
    })
    const rows = async () =>
      (await made.send({ method: 'GET', path: '/_agproxy/api/requests', headers: auth })).json<Told>()
        .requests
    for (const [n, system] of ['one', 'two'].entries()) {
      await made.send({ body: ask({ stream, system, messages: [long] }), headers: session })
      await expect.poll(async () => (await rows()).length, { timeout: 10_000 }).toBe(n + 1)
    }
    expect(made.up.requests.map((request) => (request.json() as Told).diagnostics)).toEqual([
      { previous_message_id: null },
      { previous_message_id: 'msg_0' },
    ])
    const path = `/_agproxy/api/requests/${(await rows())[0].id}`
    expect((await made.send({ method: 'GET', path, headers: auth })).json<Told>().cache).toMatchObject({
      verdict: 'prefix',
      region: 'system',
      official: { reason: 'system_changed', missedTokens: 4_900 },
    })
  })

  it('asks nobody where an account is of another upstream', async () => {
    const { send, up } = await traced(anthropicUpstream(), { diagnostics: true })
    await send({ body: ask(), headers: session })
    expect(up.requests[0]!.json()).not.toHaveProperty('diagnostics')
  })

  it('says where the model changed, and where nothing of ours explains it', async () => {
    const other = { model: 'claude-haiku-4-5', messages: [long, answer] }
    const found = await verdicts(
      [{ messages: [long] }, other, other],
      turns([0, 5_000], [0, 6_000], [0, 6_000]),
    )
    expect(found[1]).toMatchObject({ verdict: 'model', detail: expect.stringMatching(/ before, .* now$/) })
    expect(found[2]).toMatchObject({ verdict: 'unknown', expectedTokens: 6_000, lostTokens: 6_000 })
  })
})
