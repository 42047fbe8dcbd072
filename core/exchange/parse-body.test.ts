import { afterEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../errors/gateway-errors.js'
import { DEFAULT_LIMITS, parseBody } from './parse-body.js'

const limits = { ...DEFAULT_LIMITS, depthLimit: 5, valueLimit: 20, messageLimit: 2 }
const parse = (text: string) => parseBody(Buffer.from(text), limits)
/** Ten keys and values around the messages and `x`. */
const body = (messages: readonly string[], x = '0') =>
  `{"model":"m","messages":[${messages.join()}],"x":${x}}`
const message = '{"role":"user"}'

describe('a body', () => {
  it('has as many values and keys as allowed, and not one more', () => {
    const zeros = (count: number) => `[${Array(count).fill('0').join()}]`
    expect(() => parse(body([], zeros(13)))).not.toThrow()
    expect(() => parse(body([], zeros(14)))).toThrow(
      /more JSON values and keys than server\.valueLimit \(20\)/,
    )
  })

  it('is stopped at the limit on values however it nests them', () => {
    for (const filler of ['0', '{}', '[]', '""', '{"a":0}', '[[0]]'])
      expect(() => parse(body([], `[${Array(50).fill(filler).join()}]`))).toThrow(/server\.valueLimit/)
  })

  it('is scanned as before once one was over the limit', () => {
    expect(() => parse(body([], `[${'0,'.repeat(500_000)}0]`))).toThrow(/server\.valueLimit/)
    expect(
      parse(body([message]))
        .get('messages')!
        .items(),
    ).toHaveLength(1)
    expect(parseBody(Buffer.from(body([], `[${'0,'.repeat(400_000)}0]`)), DEFAULT_LIMITS).isObject).toBe(true)
  })

  it('has as many messages as allowed, and not one more', () => {
    expect(() => parse(body([message, message]))).not.toThrow()
    expect(() => parse(body([message, message, message]))).toThrow(
      'messages: found 3, and server.messageLimit is 2',
    )
  })

  it('over a limit is the client’s error, not to be sent again', () => {
    for (const text of [body([], `[${'0,'.repeat(50)}0]`), body([message, message, message])]) {
      const error = caught(() => parse(text))
      expect(error).toMatchObject({ type: 'invalid_request_error', status: 400 })
      expect(error.headers).toEqual({ 'x-should-retry': 'false' })
    }
  })
})

describe('a machine without room for WebAssembly', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it('reads bodies all the same', async () => {
    vi.resetModules()
    class Instance {
      constructor() {
        throw new RangeError('WebAssembly.Instance(): Out of memory')
      }
    }
    vi.stubGlobal('WebAssembly', { Module: class {}, Instance })
    const fresh = await import('./parse-body.js')
    const bytes = Buffer.from(
      body([JSON.stringify({ role: 'user', content: `${'long "words" '.repeat(50)}\n` })]),
    )
    expect(fresh.parseBody(bytes, DEFAULT_LIMITS).value()).toEqual(JSON.parse(bytes.toString()))
  })
})

function caught(run: () => unknown): GatewayError {
  try {
    run()
  } catch (error) {
    if (GatewayError.is(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
