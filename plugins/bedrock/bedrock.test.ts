import { describe, expect, it } from 'vitest'
import { chunk, exception, frame } from '../../test/support/aws-frames.js'
import type { Handler } from '../../test/support/bad-upstream.js'
import { ask } from '../../test/support/client.js'
import { message, messageEvents } from '../../test/support/messages.js'
import { end, head, json, type Script, write } from '../../test/support/script.js'
import { faultOfSignature } from '../../test/support/sigv4.js'
import { stand } from '../../test/support/stand.js'
import { mount } from '../../testing.js'
import { bedrock } from './index.js'
import { bedrockModel } from './models.js'

const ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const TOKEN = 'IQoJb3JpZ2luX2VjEXAMPLEtoken0123456789=='

const FRAMES = { 'content-type': 'application/vnd.amazon.eventstream' }
const streamed = (...parts: Buffer[]): Script => [head(200, FRAMES), write(parts), end()]
const events = (text: string) => messageEvents({ text }).map((event) => chunk(event))
const whole: Handler = () => json(message({ text: 'hello' }))

/** The preset in front of Bedrock. */
const before = (handler: Handler, apiKey = `${ID}:${SECRET}`, options: object = {}) =>
  stand(handler, {
    config: (baseURL) => ({
      preset: 'claude-code',
      accounts: [{ id: 'aws', upstream: 'bedrock', apiKey }],
      use: [bedrock({ baseURL, region: 'eu-central-1', ...options })],
    }),
  })

const MODEL = 'claude-sonnet-4-5-20250929'
const BETAS = 'claude-code-20250219,context-management-2025-06-27,advanced-tool-use-2025-11-20'

describe('a stream', () => {
  it('comes as the events of the Messages API, for a signed call with model, version and betas where Bedrock wants them', async () => {
    const { send, up } = await before(() => streamed(...events('hello')))
    const body = ask({
      model: MODEL,
      stream: true,
      system: 'kept “as it is”',
      context_management: { edits: [] },
    })
    const seen = await send({ path: '/v1/messages?beta=true', body, headers: { 'anthropic-beta': BETAS } })
    expect(seen.status).toBe(200)
    expect(seen.headers['content-type']).toMatch(/^text\/event-stream/)
    expect(seen.text()).toBe(
      messageEvents({ text: 'hello' })
        .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
        .join(''),
    )
    expect(seen.headers['x-mapped-model']).toBe(`global.anthropic.${MODEL}-v1:0`)

    const [request] = up.requests
    expect(request!.url).toBe(`/model/global.anthropic.${MODEL}-v1%3A0/invoke-with-response-stream`)
    expect(faultOfSignature(request!, SECRET)).toBeUndefined()
    expect(request!.header('authorization')).toContain(`Credential=${ID}/`)
    expect(request!.header('authorization')).toContain('/eu-central-1/bedrock/aws4_request')
    expect(request!.json()).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['context-management-2025-06-27', 'tool-search-tool-2025-10-19'],
      max_tokens: 100,
      messages: [{ role: 'user', content: 'hi' }],
      system: 'kept “as it is”',
      context_management: { edits: [] },
    })
    expect(request!.headers.map(([name]) => name.toLowerCase())).not.toContain('anthropic-beta')
  })

  it('that reports an error in the middle ends with that error', async () => {
    const { send } = await before(() =>
      streamed(...events('hello').slice(0, 3), exception('modelStreamErrorException', 'it broke')),
    )
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.text()).toContain(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"it broke"',
    )
  })

  it('that begins with one is that error, with its status', async () => {
    const { send } = await before(() =>
      streamed(exception('validationException', 'messages: at least one is needed')),
    )
    const seen = await send({ body: ask({ stream: true }) })
    expect([seen.status, seen.json().error]).toEqual([
      400,
      { type: 'invalid_request_error', message: expect.stringContaining('at least one is needed') },
    ])
  })

  const bent = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
    return copy
  }
  const [first] = events('hello')
  it.each<[string, Buffer, string]>([
    ['a bit of the payload is wrong', bent(first!, first!.length - 20), 'a frame with a wrong checksum'],
    ['a bit of the length is wrong', bent(first!, 3), 'a frame with a wrong checksum'],
    ['it ends inside of a frame', first!.subarray(0, -5), 'ends inside of a frame'],
    [
      'a chunk holds no event',
      frame({ ':message-type': 'event', ':event-type': 'chunk' }, '{"bytes":"bm8="}'),
      'a payload that is no event',
    ],
    [
      'it is something else',
      Buffer.from('<html>not what was asked for</html>'),
      'a frame with a wrong checksum',
    ],
  ])('is refused where %s', async (_, bytes, words) => {
    const { send } = await before(() => streamed(bytes))
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.status).toBeGreaterThanOrEqual(500)
    expect(seen.text()).toContain(words)
  })

  it('whose frame goes bad behind good ones breaks there, and not before', async () => {
    const good = events('hello')
    const { send } = await before(() => streamed(...good.slice(0, 4), bent(good[4]!, 30)))
    const seen = await send({ body: ask({ stream: true }) })
    expect(seen.text()).toContain('hello')
    expect(seen.text()).not.toContain('message_stop')
  })
})

describe('a call', () => {
  it('without a stream gets a message', async () => {
    const { send, up } = await before(whole)
    const seen = await send({ body: ask({ model: 'arn:aws:bedrock:eu-central-1:1:inference-profile/x' }) })
    expect(seen.json().content).toEqual([{ type: 'text', text: 'hello' }])
    // `force-stream` asks this upstream for no stream, as JSON is as reliable here.
    expect(up.requests[0]!.url).toBe(
      '/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ainference-profile%2Fx/invoke',
    )
    expect(faultOfSignature(up.requests[0]!, SECRET)).toBeUndefined()
  })

  it('with temporary credentials signs their token too', async () => {
    const { send, up } = await before(whole, `${ID}:${SECRET}:${TOKEN}`)
    await send({ body: ask() })
    expect(up.requests[0]!.header('x-amz-security-token')).toBe(TOKEN)
    expect(faultOfSignature(up.requests[0]!, SECRET)).toBeUndefined()
    expect(faultOfSignature(up.requests[0]!, `${SECRET}x`)).toBe('a wrong signature')
  })

  it('with a Bedrock API key brings it as it is', async () => {
    const { send, up } = await before(whole, 'bedrock-api-key-0123456789')
    await send({ body: ask() })
    expect(up.requests[0]!.header('authorization')).toBe('Bearer bedrock-api-key-0123456789')
  })

  it('takes out what a client says in the place of the upstream', async () => {
    const { send, up } = await before(whole)
    await send({ body: ask({ anthropic_version: 'x', anthropic_beta: ['y'], stream: false }) })
    expect(up.requests[0]!.json()).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'hi' }],
    })
  })
})

describe('a count', () => {
  it.each([
    [{}, 1],
    [{ thinking: { type: 'enabled', budget_tokens: 2_000 } }, 2_001],
  ])('is asked for with a whole request, by the id without its region: %j', async (fields, most) => {
    const { send, up } = await before(() => json({ inputTokens: 77 }))
    const { max_tokens: _, ...body } = ask({ model: MODEL, ...fields }) as { max_tokens?: number }
    const seen = await send({ path: '/v1/messages/count_tokens', body })
    expect(seen.json()).toEqual({ input_tokens: 77 })
    const [request] = up.requests
    expect(request!.url).toBe(`/model/anthropic.${MODEL}-v1%3A0/count-tokens`)
    expect(faultOfSignature(request!, SECRET)).toBeUndefined()
    const { input } = request!.json<{ input: { invokeModel: { body: string } } }>()
    expect(JSON.parse(Buffer.from(input.invokeModel.body, 'base64').toString())).toMatchObject({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: most,
    })
  })

  it('that is refused is an estimate', async () => {
    const { send } = await before(() =>
      json({ message: 'The provided model does not support counting tokens.' }, 400),
    )
    const seen = await send({ path: '/v1/messages/count_tokens', body: ask() })
    expect([seen.status, seen.json().input_tokens]).toEqual([200, expect.any(Number)])
  })
})

describe('an error', () => {
  const failing = (status: number, name: string, text: string) =>
    before(
      () =>
        json({ message: text }, status, {
          headers: { 'x-amzn-errortype': `${name}:http://internal.amazon.com/x/` },
        }),
      `${ID}:${SECRET}:${TOKEN}`,
    )

  it.each<[number, string, string, number, string, string]>([
    [
      400,
      'ValidationException',
      'The provided model identifier is invalid.',
      400,
      'invalid_request_error',
      'option `models`',
    ],
    [
      403,
      'AccessDeniedException',
      "You don't have access to the model with the specified model ID.",
      403,
      'permission_error',
      'ask for access',
    ],
    [
      403,
      'ExpiredTokenException',
      'The security token included in the request is expired',
      403,
      'permission_error',
      'new credentials',
    ],
    [424, 'ModelErrorException', 'The model failed.', 500, 'api_error', 'The model failed.'],
  ])('%i %s says what to do', async (status, name, text, shown, type, words) => {
    const { send } = await failing(status, name, text)
    const seen = await send({ body: ask() })
    const { error } = seen.json<{ error: object }>()
    expect([seen.status, error]).toEqual([shown, { type, message: expect.stringContaining(words) }])
  })

  it('holds no credential', async () => {
    const { send, gateway } = await failing(
      400,
      'ValidationException',
      `bad: ${SECRET} and ${TOKEN} and ${ID}:${SECRET}:${TOKEN}`,
    )
    const seen = await send({ body: ask() })
    expect(seen.status).toBe(400)
    for (const secret of [SECRET, TOKEN]) {
      expect(seen.text()).not.toContain(secret)
      expect(JSON.stringify(gateway.logs)).not.toContain(secret)
    }
  })
})

describe('what it is called and takes', () => {
  it.each([
    ['claude-sonnet-4-5-20250929', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['claude-opus-4-6', 'global.anthropic.claude-opus-4-6-v1'],
    ['claude-opus-5-5[1m]', 'global.anthropic.claude-opus-5-5'],
    ['us.anthropic.claude-opus-4-8', 'us.anthropic.claude-opus-4-8'],
    ['mine', 'other'],
  ])('%s is %s', (model, own) => {
    expect(bedrockModel(model, { models: { mine: 'other' }, profile: 'global' })).toBe(own)
    expect(bedrockModel(own, { models: { mine: 'other' }, profile: 'global' })).toBe(own)
  })

  it('is told by model, whatever profile is before its name', async () => {
    const mounted = await mount(bedrock({ profile: '' }))
    const upstream = mounted.upstreams.expect('bedrock')
    for (const name of [
      'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      upstream.modelFor('claude-haiku-4-5-20251001'),
    ])
      expect(upstream.acceptsFor(name)).toMatchObject({ adaptiveThinking: false, systemMessages: false })
    expect(upstream.acceptsFor('global.anthropic.claude-opus-5-5')).toMatchObject({ adaptiveThinking: true })
    expect(upstream.accepts).toMatchObject({ cacheControl: true, countTokens: true, imageURLs: false })
    expect(upstream.address!({ id: 'a', upstream: 'bedrock' }).url).toBe(
      'https://bedrock-runtime.us-east-1.amazonaws.com',
    )
    await mounted.dispose()
  })

  it('two regions are two upstreams', async () => {
    const mounted = await mount(bedrock({ name: 'bedrock-eu', region: 'cn-north-1' }))
    const { url } = mounted.upstreams.expect('bedrock-eu').address!({ id: 'a', upstream: 'bedrock-eu' })
    expect(url).toBe('https://bedrock-runtime.cn-north-1.amazonaws.com.cn')
    await mounted.dispose()
    await expect(mount(bedrock({ region: 'nowhere' }))).rejects.toThrow('must be a region')
  })
})
