import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from '../../test/support/client.js'
import { type TlsUpstream, tlsUpstream, trustAnyCertificate } from '../../test/support/tls-upstream.js'
import { startTestGateway, type TestConfig } from '../../testing.js'

trustAnyCertificate()

const BODY = JSON.stringify(ask())
const HEADERS = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n`
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
}
const ANSWER = JSON.stringify(MESSAGE)

async function standing(more: (up: TlsUpstream) => TestConfig = () => ({})) {
  const up = await tlsUpstream({
    answer: `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`,
  })
  const gateway = await startTestGateway({
    preset: 'claude-code',
    accounts: [{ id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1' }],
    plugins: { anthropic: { baseURL: up.origin } },
    ...more(up),
  })
  onTestFinished(() => gateway.close())
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const statuses: string[] = []
  socket.on('data', (chunk) => statuses.push(...(chunk.toString().match(/(?<=HTTP\/1\.1 )\d+/g) ?? [])))
  const say = (method: string, path: string, headers = '', body = '') =>
    socket.write(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${headers}\r\n${body}`)
  return { up, socket, say, statuses }
}

describe('a connection to the upstream is begun', () => {
  it("at a request's headers, before its body has come, and the request goes over it", async () => {
    const { up, socket, say, statuses } = await standing()
    say('POST', '/v1/messages', HEADERS)
    await expect.poll(() => up.seen.connections).toBe(1)
    expect(up.seen.requests).toBe(0)
    socket.write(BODY)
    await expect.poll(() => statuses).toEqual(['200'])
    expect([up.seen.begun, up.seen.requests]).toEqual([1, 1])
  })

  it('by the HEAD with which Claude Code begins', async () => {
    const { up, say, statuses } = await standing()
    say('HEAD', '/')
    await expect.poll(() => up.seen.connections).toBe(1)
    say('POST', '/v1/messages', HEADERS, BODY)
    await expect.poll(() => statuses).toEqual(['200', '200'])
    expect(up.seen.begun).toBe(1)
  })

  it('to the upstream of the account that is preferred', async () => {
    const preferred = await tlsUpstream()
    const { up, say } = await standing(() => ({
      accounts: [
        { id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1', priority: 2 },
        { id: 'two', upstream: 'anthropic', apiKey: 'sk-upstream-2', baseURL: preferred.origin, priority: 1 },
      ],
    }))
    say('POST', '/v1/messages', HEADERS)
    await expect.poll(() => preferred.seen.connections).toBe(1)
    expect(up.seen.begun).toBe(0)
  })
})

it.each([
  ['a health check', 'GET', '/healthz', () => ({})],
  ['a path that is no route', 'GET', '/nothing-here', () => ({})],
  [
    'a client without its key',
    'POST',
    '/v1/messages',
    () => ({ plugins: { auth: { mode: 'strict', keys: ['sk'] } } }),
  ],
  ['a config that wants none', 'POST', '/v1/messages', () => ({ transport: { keepWarm: false } })],
] as const)('%s begins none', async (_who, method, path, config) => {
  const { up, say } = await standing((up) => {
    const { plugins, ...more } = config() as TestConfig
    return { ...more, plugins: { anthropic: { baseURL: up.origin }, ...plugins } }
  })
  say(method, path, method === 'POST' ? HEADERS : '')
  await sleep(60)
  expect(up.seen.begun).toBe(0)
})
