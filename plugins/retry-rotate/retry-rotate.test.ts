import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Call, Reply, UpstreamError } from '../../core/index.js'
import { iterableSource } from '../../core/kit.js'
import { expectAtOnce } from '../../test/support/at-once.js'
import { ACCEPTS_ALL, type Mounted, makeCall, messageReply, mount } from '../../testing.js'
import { retryRotate } from './index.js'

const upstreams = [{ name: 'up', accepts: ACCEPTS_ALL }]
const account = (id: string) => ({ id, upstream: 'up', apiKey: `key-${id}` })
const two = [account('a'), account('b')]

let mounted: Mounted
afterEach(() => mounted?.dispose())

type Answer = Reply | Error | ((call: Call) => Reply)

/** The answers, one for each attempt; the last one again for any more. */
async function start(answers: readonly Answer[], accounts = two, options = {}) {
  let n = 0
  mounted = await mount(retryRotate(options), {
    upstreams,
    accounts,
    answer: (call) => {
      const answer = answers[Math.min(n++, answers.length - 1)]!
      if (answer instanceof Error) throw answer
      return typeof answer === 'function' ? answer(call) : answer
    },
  })
  return mounted
}

const status = (
  code: number,
  headers = {},
  body: unknown = { type: 'error', error: { type: 't', message: `m${code}` } },
) => Reply.json(body, { status: code, headers })
const accountsOf = ({ calls }: Mounted) => calls.map((c) => c.target!.account.id)

describe('choosing', () => {
  test('the first account serves; the reply says which and how many attempts', async () => {
    const { send } = await start(
      [messageReply()],
      [{ ...account('a'), email: 'me@example.com' } as never, account('b')],
    )
    const reply = await send({})
    expect(reply.headers).toMatchObject({ 'x-account-email': 'me@example.com', 'x-agproxy-attempts': '1' })
    expect(accountsOf(mounted)).toEqual(['a'])
  })

  test('each attempt starts from the call as it stood outside', async () => {
    const { send, calls } = await start([status(500), messageReply()])
    const call = makeCall()
    await send(call)
    expect(calls[1]!.bytes).toBe(call.bytes)
    expect(calls.map((c) => c.target!.attempt)).toEqual([1, 2])
  })
})

describe('rotating', () => {
  test.each([408, 500, 502, 503, 504])('%i goes to another account at once', async (code) => {
    const { send } = await start([status(code), messageReply()])
    const sent = send({})
    let over = false
    void sent.then(() => (over = true))
    await expectAtOnce(() => over)
    expect((await sent).status).toBe(200)
    expect(accountsOf(mounted)).toEqual(['a', 'b'])
  })

  test('a broken connection goes to another account', async () => {
    const { send } = await start([new UpstreamError('reset', 'reset'), messageReply()])
    expect((await send({})).status).toBe(200)
    expect(accountsOf(mounted)).toEqual(['a', 'b'])
  })

  test('with one account, the same is tried again after a pause', async () => {
    const { send } = await start([status(503), messageReply()], [account('a')])
    const before = performance.now()
    expect((await send({})).status).toBe(200)
    expect(performance.now() - before).toBeGreaterThan(95)
    expect(accountsOf(mounted)).toEqual(['a', 'a'])
  })

  test('at most maxAttempts calls; the client gets the last error with its own status and body, and no pause after it', async () => {
    const { send } = await start([status(500), status(503, { 'x-own': '1' })], [account('a')], {
      maxAttempts: 2,
    })
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const sent = send({})
    let over = false
    void sent.then(() => (over = true))
    await vi.advanceTimersByTimeAsync(200) // one pause of at most 200 ms, not two
    expect(over).toBe(true)
    const reply = await sent
    expect(reply.status).toBe(503)
    expect(reply.headers).toMatchObject({ 'x-own': '1', 'x-agproxy-attempts': '2' })
    expect(await reply.json()).toMatchObject({ error: { message: 'm503' } })
    expect(accountsOf(mounted)).toEqual(['a', 'a'])
  })

  test('a last failure without an answer becomes a 502 that names upstream and account', async () => {
    const { send } = await start([new UpstreamError('connect', 'could not connect to h:1')], [account('a')], {
      maxAttempts: 1,
    })
    await expect(send({})).rejects.toMatchObject({
      status: 502,
      message: 'up (account a): could not connect to h:1',
    })
  })
})

describe('accounts with models of their own', () => {
  test('the account gets its own name for the model, and the client is told', async () => {
    const { send, calls } = await start([messageReply()], [
      { ...account('a'), models: { 'claude-opus-*': 'big' } },
    ] as never)
    const reply = await send({ model: 'claude-opus-5' })
    expect(calls[0]!.body.model).toBe('big')
    expect(reply.header('x-mapped-model')).toBe('big')
  })

  test('each attempt is named anew', async () => {
    const { send, calls } = await start([status(500), messageReply()], [
      { ...account('a'), models: { '*': 'big' } },
      account('b'),
    ] as never)
    const reply = await send({ model: 'claude-opus-5' })
    expect(calls.map((call) => call.body.model)).toEqual(['big', 'claude-opus-5'])
    expect(reply.header('x-mapped-model')).toBeUndefined()
  })

  test("an upstream's own mapping comes after it, and is the one that is told", async () => {
    const { send } = await start(
      [(call) => messageReply().with({ headers: { 'x-mapped-model': `mapped ${call.model}` } })],
      [{ ...account('a'), models: { '*': 'big' } }] as never,
    )
    expect((await send({})).header('x-mapped-model')).toBe('mapped big')
  })
})

describe('a fallback model', () => {
  const fallback = { 'claude-opus-*': 'claude-sonnet-5' }
  const opus = { model: 'claude-opus-5' }
  const forModel = (model: string, reply: Reply) => (call: Call) =>
    call.model === model ? reply : messageReply()

  test('serves within the same request when the last account of the first model rests', async () => {
    const limited = status(429, {}).with({ cooldown: { reason: 'overloaded', scope: 'model' } })
    const { send, calls } = await start([forModel('claude-opus-5', limited)], two, { fallback })
    const reply = await send(opus)
    expect(reply.status).toBe(200)
    expect(reply.header('x-mapped-model')).toBe('claude-sonnet-5')
    expect(calls.map((c) => `${c.target!.account.id} ${c.model}`)).toEqual([
      'a claude-opus-5',
      'b claude-opus-5',
      'b claude-sonnet-5',
    ])
  })

  test('is asked for at once while all accounts of the first model rest', async () => {
    const { send, calls, accounts: pool } = await start([messageReply()], two, { fallback })
    for (const { id } of two)
      pool.coolDown(two.find((a) => a.id === id)!, 60_000, 'overloaded', 'claude-opus-5')
    await send(opus)
    expect(calls.map((c) => c.model)).toEqual(['claude-sonnet-5'])
  })

  test('does not help when the accounts rest for every model', async () => {
    const { send, accounts: pool } = await start([messageReply()], two, { fallback })
    for (const each of two) pool.coolDown(each, 60_000, 'overloaded')
    await expect(send(opus)).rejects.toMatchObject({ status: 529 })
  })
})

describe('accounts that carry a limited number of requests', () => {
  const one = { ...account('a'), maxConcurrent: 1 }
  const headers = { 'content-type': 'text/event-stream' }
  /** A stream that begins and never ends. */
  const open = () =>
    Reply.stream(
      {
        pipe: (sink) => sink.data(Buffer.from('event: message_start\ndata: {"type":"message_start"}\n\n')),
        pause() {},
        resume() {},
        cancel() {},
      },
      { headers },
    )

  test('are busy until the answer has ended, not until it has begun', async () => {
    const { send, calls } = await start([open, messageReply()], [one] as never, { queueTimeout: 5_000 })
    const first = await send({ stream: true })
    const second = send({})
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(calls).toHaveLength(1)
    first.discard()
    expect((await second).status).toBe(200)
  })

  test('are waited for no longer than queueTimeout', async () => {
    const { send } = await start([open], [one] as never, { queueTimeout: 50 })
    await send({ stream: true })
    await expect(send({})).rejects.toMatchObject({ status: 429, message: /a \(busy\)/ })
  })

  test.each([
    ['an error of the upstream', status(400)],
    ['a plugin that throws', new TypeError('bug')],
    ['no answer', new UpstreamError('reset', 'reset')],
  ])('are free again after %s', async (_name, answer) => {
    const { send, accounts: pool } = await start([answer], [one] as never, { maxAttempts: 2 })
    await send({}).catch(() => {})
    expect(pool.status()[0]!.inFlight).toBe(0)
  })
})

describe('limits', () => {
  test('a short delay is waited out on the same account', async () => {
    const { send } = await start([status(429, { 'retry-after-ms': '150' }), messageReply()])
    const before = performance.now()
    expect((await send({})).status).toBe(200)
    expect(performance.now() - before).toBeGreaterThan(140)
    expect(accountsOf(mounted)).toEqual(['a', 'a'])
  })

  test('a longer one sends the request elsewhere, and the next requests too until it is over', async () => {
    const { send, accounts: pool } = await start([status(429, { 'retry-after': '20' }), messageReply()])
    await send({})
    await send({})
    expect(accountsOf(mounted)).toEqual(['a', 'b', 'b'])
    expect(pool.cooldownMs(two[0]!)).toBeGreaterThan(19_000)
  })

  test('when all rest, the client gets the upstream error with a retry-after for the soonest', async () => {
    const { send } = await start([status(429, { 'retry-after': '40' }), status(429, { 'retry-after': '20' })])
    const reply = await send({})
    expect(reply.status).toBe(429)
    expect(reply.header('retry-after')).toBe('20')
  })

  test('and the next request is refused without a call, naming each account and its rest', async () => {
    const { send, calls } = await start([status(529), status(529)])
    await send({})
    const refused = send({})
    await expect(refused).rejects.toMatchObject({ status: 529, headers: { 'retry-after': '8' } })
    await expect(refused).rejects.toThrow(/a \(overloaded, 8 s\), b \(overloaded, 8 s\)/)
    expect(calls).toHaveLength(2)
  })

  test('401 takes an account out for good', async () => {
    const { send, accounts: pool } = await start([status(401), messageReply()])
    expect((await send({})).status).toBe(200)
    expect(pool.cooldownMs(two[0]!)).toBe(Number.POSITIVE_INFINITY)
  })
})

test("why an operator's own code failed is in the log, and not in what the client is told", async () => {
  const failed = new UpstreamError('connect', 'the apiKey function failed', { detail: 'vault closed' })
  const { send, logs } = await start([failed, failed, failed])
  const error = await send({}).catch((e) => e)
  expect(error.message).not.toContain('vault')
  const told = logs.filter(({ message }) => message === 'the apiKey function failed: vault closed')
  expect(told.map(({ level, fields }) => [level, fields])).toEqual(
    ['a', 'b', 'a'].map((account) => ['warn', expect.objectContaining({ account })]),
  )
})

describe('a rejected thinking signature', () => {
  const thinking = (text: string) => ({ type: 'thinking', thinking: text, signature: 's' })
  const body = {
    messages: [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [thinking('one'), { type: 'text', text: 'x' }] },
      { role: 'user', content: 'go' },
      { role: 'assistant', content: [thinking('two'), { type: 'text', text: 'y' }] },
      { role: 'user', content: 'on' },
    ],
  }
  const rejected = (path: string) =>
    status(
      400,
      {},
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: `${path}: Invalid \`signature\` in \`thinking\` block`,
        },
      },
    )
  const kept = (call: Call) => JSON.stringify(call.body.messages).match(/"thinking":"(\w+)"/g)

  test('is mended by leaving out the block that it names, on the same account', async () => {
    const { send, calls } = await start([rejected('messages.1.content.0'), messageReply()])
    expect((await send(body)).status).toBe(200)
    expect(accountsOf(mounted)).toEqual(['a', 'a'])
    expect(kept(calls[1]!)).toEqual(['"thinking":"two"'])
  })

  test('named a second time, all of them go', async () => {
    const { send, calls } = await start([
      rejected('messages.1.content.0'),
      rejected('messages.3.content.0'),
      messageReply(),
    ])
    expect((await send(body)).status).toBe(200)
    expect(kept(calls[2]!)).toBeNull()
  })

  test("leaves every other byte of the client's as it came", async () => {
    const big = '{ "id":12345678901234567890,"sum":100.0,"b":1,"10":1,"2":1e999, "s":"\\u00e9" }'
    const said = (thinking: string) =>
      `{"model":"m","max_tokens":5,"messages":[{"content":"a","role":"user"},{"role":"assistant","content":[ ${thinking}{"type":"tool_use","id":"t","name":"f","input":${big}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"ok"}]}]}`
    const bytes = Buffer.from(
      said('{"type":"redacted_thinking","data":"x"}, {"type":"thinking","thinking":"y","signature":"s"} , '),
    )
    const { send, calls } = await start([rejected('some'), messageReply()])
    await send(makeCall().with({ bytes }))
    expect(calls[0]!.bytes.equals(bytes)).toBe(true)
    expect(calls[1]!.bytes.toString()).toBe(said(''))
  })

  test('takes a message along that held nothing but thinking', async () => {
    const only = { role: 'assistant', content: [thinking('one')] }
    const messages = [{ role: 'user', content: 'hi' }, only, { role: 'user', content: [] }, only]
    const { send, calls } = await start([rejected('messages.1.content.0'), rejected('x'), messageReply()])
    await send({ messages })
    expect(calls[1]!.body.messages).toEqual([messages[0], messages[2], only])
    expect(calls[1]!.roles).toEqual(['user', 'user', 'assistant'])
    expect(calls[2]!.body.messages).toEqual([messages[0], messages[2]])
  })

  test('is the answer when there is no thinking to leave out', async () => {
    const { send, calls } = await start([rejected('messages.0')])
    expect((await send({})).status).toBe(400)
    expect(calls).toHaveLength(1)
  })
})

describe('streams', () => {
  const limits = { firstEvent: 200, idle: 200 }
  const stream = (text: string, type = 'text/event-stream') =>
    Reply.stream(iterableSource(text ? [Buffer.from(text)] : []), { headers: { 'content-type': type } })
  const good = () => stream('event: message_start\ndata: {"type":"message_start"}\n\n')
  const streamed = () => makeCall({ stream: true }).with({ limits })

  test.each([
    ['an empty body', () => stream('')],
    ['a web page', () => stream('<html>hi</html>', 'text/html')],
    ['JSON', () => stream('{"id":1}', 'application/json')],
    [
      '`event: error`',
      () => stream('event: error\ndata: {"type":"error","error":{"type":"api_error","message":"m"}}\n\n'),
    ],
    ['pings alone', () => stream('event: ping\ndata: {"type":"ping"}\n\n')],
  ])('a 200 with %s is a failed attempt', async (_name, bad) => {
    const { send } = await start([bad, good])
    const reply = await send(streamed())
    expect(await reply.text()).toContain('message_start')
    expect(accountsOf(mounted)).toEqual(['a', 'b'])
  })

  test('so is one that keeps silent', async () => {
    const cancel = vi.fn()
    const silent = () =>
      Reply.stream(
        { pipe() {}, pause() {}, resume() {}, cancel },
        { headers: { 'content-type': 'text/event-stream' } },
      )
    const { send } = await start([silent, good])
    expect(await (await send(streamed())).text()).toContain('message_start')
    expect(cancel).toHaveBeenCalled()
  })

  test('events under a wrong content type are taken for what they are', async () => {
    const { send } = await start([() => stream('data: {"type":"message_start"}\n\n', 'text/plain')])
    const reply = await send(streamed())
    expect(reply.isEventStream).toBe(true)
    expect(accountsOf(mounted)).toEqual(['a'])
  })
})

test('a client that goes during a pause ends the attempts', async () => {
  const gone = new AbortController()
  const { send, calls } = await start([status(500)], [account('a')])
  const pending = send(makeCall({}, { signal: gone.signal }))
  setTimeout(() => gone.abort(), 20)
  await expect(pending).rejects.toThrow('the client has gone')
  expect(calls).toHaveLength(1)
})

test('a refused count does not rest the account for conversations', async () => {
  const { send, calls, accounts: pool } = await start([status(429), messageReply()])
  expect((await send(makeCall({}, { route: 'count-tokens' }))).status).toBe(429)
  expect(calls).toHaveLength(1)
  expect(pool.cooldownMs(two[0]!)).toBe(0)
})

test('the words of an `event: error` go bare to the client, who acts on how they begin', async () => {
  const error = new UpstreamError('error-event', 'prompt is too long: 5 tokens > 3 maximum', {
    status: 400,
    type: 'invalid_request_error',
  })
  const { send } = await start([error])
  const reply = await send({})
  expect(reply.status).toBe(400)
  expect(await reply.json()).toMatchObject({ error: { message: 'prompt is too long: 5 tokens > 3 maximum' } })
})

test("a plugin's own error is not retried", async () => {
  const { send, calls } = await start([new TypeError('bug')])
  await expect(send({})).rejects.toThrow()
  expect(calls).toHaveLength(1)
})
