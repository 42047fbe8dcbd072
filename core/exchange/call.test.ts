import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { makeCall } from '../../testing.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { Call, RequestCall } from './call.js'
import { ClientCancellation } from './cancellation.js'
import { cancellationOf } from './inner.js'
import { RequestBody } from './request-body.js'

const fixture = new URL('../../test/fixtures/requests/claude-code-2.1.330-tool-turn.json', import.meta.url)
const BYTES = Buffer.from(JSON.stringify(JSON.parse(readFileSync(fixture, 'utf8')).body))
const call = (bytes: Buffer | string, init = {}) =>
  Call.of({ id: 'req_1', bytes: Buffer.from(bytes), ...init })
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('an untouched call', () => {
  it('keeps the very same bytes, even after its body was read', () => {
    const original = Call.of({ id: 'req_1', bytes: BYTES })
    expect(original.bytes).toBe(BYTES)
    void original.body
    expect(original.bytes).toBe(BYTES)
    expect(original.with({ headers: { a: '1' }, query: '?beta=true' }).bytes).toBe(BYTES)
  })

  it('is decoded where it is read, once, and shared with the calls made from it', () => {
    const first = makeCall({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'user', content: 'b' },
      ],
      tools: [{ name: 't' }],
    })
    const decode = vi.spyOn(JSON, 'parse')
    const decoded = (text: string) => decode.mock.calls.filter(([json]) => json.includes(text)).length
    first.with({ query: '?a' }).header('x')
    expect(decode).not.toHaveBeenCalled()
    const { body } = first
    expect(first.with({ query: '?b' }).body).toBe(body)
    expect(body.messages.at(-1)).toBe(body.messages[1])
    expect([first.stream, first.model]).toEqual([false, body.model])
    expect(decoded('"b"')).toBe(1)
    expect(decoded('"a"')).toBe(0)
    expect(decoded('"t"')).toBe(0)
    decode.mockRestore()
  })

  it('keeps unknown fields, roles and block types', () => {
    const body = {
      model: 'm',
      messages: [{ role: 'future', content: [{ type: 'new', x: 1 }] }],
      later: { a: 1 },
    }
    expect(makeCall(body as never).body).toEqual(body)
  })
})

describe('with', () => {
  const original = makeCall({ stream: true }, { query: '?beta=true', headers: { a: '1' } })

  it('changes nothing of the call that it was made from', () => {
    const bytes = original.bytes
    const changed = original.with({ body: { ...original.body, model: 'other' }, query: '', headers: {} })
    expect([changed.model, changed.query, changed.header('a')]).toEqual(['other', '', undefined])
    expect([original.model, original.query, original.header('a')]).toEqual([
      'claude-sonnet-5',
      '?beta=true',
      '1',
    ])
    expect(original.bytes).toBe(bytes)
  })

  it('makes the bytes anew for a new body, and the body anew for new bytes', () => {
    const body = original.with({ body: { ...original.body, model: 'a' } })
    expect(JSON.parse(body.bytes.toString())).toEqual({ ...original.body, model: 'a' })
    const bytes = original.with({ bytes: Buffer.from('{"model":"b","messages":[]}') })
    expect(bytes.body).toEqual({ model: 'b', messages: [] })
  })

  it('keeps id, route, method, path, params, signal and journal', () => {
    const changed = original.with({ query: '' })
    for (const key of ['id', 'route', 'method', 'path', 'params', 'signal', 'record'] as const) {
      expect(changed[key]).toBe(original[key])
    }
  })

  it('a signal ends the call before its client does, and not without it', () => {
    for (const ended of ['plugin', 'client']) {
      const [plugin, client] = [new AbortController(), new AbortController()]
      const tighter = makeCall({}, { signal: client.signal }).with({ signal: plugin.signal })
      expect(tighter.signal.aborted).toBe(false)
      const { [ended]: controller } = { plugin, client } as Record<string, AbortController>
      controller!.abort()
      expect(tighter.signal.aborted).toBe(true)
      expect(cancellationOf(tighter).cancelled).toBe(true)
    }
  })

  it('a changed body that is changed back leaves as the same bytes as a client wrote', () => {
    const first = Call.of({ id: 'req_1', bytes: BYTES })
    const there = first.with({ body: { ...first.body, model: 'x' } })
    const back = there.with({ body: { ...there.body, model: first.model } })
    expect(sha256(back.bytes)).toBe(sha256(BYTES))
  })
})

describe('a plugin that changes a body in place', () => {
  const body = () =>
    makeCall({ system: [{ type: 'text', text: 's' }], tools: [{ name: 't' }] }).body as unknown as Record<
      string,
      never[]
    >
  it.each<[string, (body: Record<string, never[]>) => void]>([
    ['the model', (b) => Object.assign(b, { model: 'x' })],
    ['the list of messages', (b) => b.messages!.push({} as never)],
    ['a message', (b) => Object.assign(b.messages![0]!, { role: 'x' })],
    ['the list of system blocks', (b) => b.system!.pop()],
    ['the list of tools', (b) => b.tools!.splice(0)],
  ])('is stopped by a throw: %s', (_what, change) => {
    expect(() => change(body())).toThrow(TypeError)
  })

  it('is stopped in a body that another plugin made, too', () => {
    const changed = makeCall().with({ body: { model: 'm', messages: [] } })
    expect(() => (changed.body.messages as unknown[]).push(1)).toThrow(TypeError)
  })
})

describe('a body that is no Messages request', () => {
  it.each<[string, string, RegExp]>([
    ['nothing', '', /no body.*`model` and `messages`/],
    ['no JSON', '{"model":', /not valid JSON/],
    ['null', 'null', /JSON object, found null/],
    ['a list', '[]', /JSON object, found an array/],
    ['a number', '1', /JSON object, found a number/],
    ['a text', '"hi"', /JSON object, found a string/],
    ['no model', '{"messages":[]}', /^model: Field required$/],
    ['an empty model', '{"model":"","messages":[]}', /^model: Input should be a string/],
    [
      'a model that is no text',
      '{"model":1,"messages":[]}',
      /^model: Input should be a string, found a number$/,
    ],
    ['no messages', '{"model":"m"}', /^messages: Field required$/],
    [
      'messages that are no list',
      '{"model":"m","messages":{}}',
      /^messages: Input should be an array, found an object$/,
    ],
    [
      'a message that is none',
      '{"model":"m","messages":[{"role":"user"},"hi"]}',
      /^messages\.1: must be an object/,
    ],
    ['a message that is null', '{"model":"m","messages":[null]}', /^messages\.0: /],
    ['a message without a role', '{"model":"m","messages":[{"content":"hi"}]}', /^messages\.0: .*`role`/],
  ])('is a 400 that says what is wrong: %s', (_what, text, words) => {
    let error: unknown
    try {
      void call(text).body
    } catch (e) {
      error = e
    }
    expect(GatewayError.is(error)).toBe(true)
    expect(error).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringMatching(words),
    })
  })

  it('is told without a word of the conversation, since the message is logged', () => {
    for (const text of [
      '{"model":"m","messages":[{"content": my secret}]}',
      'my secret',
      '{"a":"my\nsecret"}',
    ]) {
      expect(() => call(text).body).toThrow(/^(?!.*my|.*secret)the body is not valid JSON: .+/)
    }
  })

  it('still has its bytes', () => {
    expect(call('nonsense').bytes.toString()).toBe('nonsense')
  })
})

it('header gives the first value and knows lower-case names', () => {
  const some = call('{}', { headers: { a: ['1', '2'], b: '3' } })
  expect([some.header('a'), some.header('b'), some.header('c')]).toEqual(['1', '3', undefined])
})

describe('prefer', () => {
  it('is kept by all calls that come of it, and leaves the first one as it was', () => {
    const call = makeCall({ model: 'claude-opus-5' })
    const wish = { account: 'a', upstream: undefined }
    const preferring = call.prefer({ account: 'a' })
    for (const next of [preferring, preferring.with({ query: '?x' }), preferring.set({ max_tokens: 1 })])
      expect(next.preference).toEqual(wish)
    expect([call.preference, preferring.bytes]).toEqual([undefined, call.bytes])
  })

  it('replaces an earlier one, and keeps it where only the model is another', () => {
    const call = makeCall().prefer({ account: 'a' }).prefer({ upstream: 'zai' })
    expect(call.preference).toEqual({ account: undefined, upstream: 'zai' })
    const other = call.prefer({ model: 'claude-haiku-4-5' })
    expect([other.preference, other.model]).toEqual([call.preference, 'claude-haiku-4-5'])
    expect(JSON.parse(other.bytes.toString()).model).toBe('claude-haiku-4-5')
  })
})

it('takes from its head what a head has, and nothing that happens to be there too', () => {
  const { id, route, method, path, query, headers, params, record, signal } = makeCall()
  const served = { id, route, method, path, query, headers, params, record, signal }
  const head = Object.assign(served, { answer: () => 'sent', limits: 'none', target: 'elsewhere' })
  const call = new RequestCall(head, new ClientCancellation(), RequestBody.ofBytes(makeCall().bytes))
  expect([call.answer, call.target, call.limits.idle]).toEqual(['message', undefined, 270_000])
})
