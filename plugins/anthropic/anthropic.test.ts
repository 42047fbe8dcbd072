import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { ask } from '../../test/support/client.js'
import { direct, stand } from '../../test/support/stand.js'
import { mount } from '../../testing.js'
import { anthropic } from './index.js'

const fixture = new URL('../../test/fixtures/requests/claude-code-2.1.330-tool-turn.json', import.meta.url)
const { body, headers } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  body: object
  headers: [string, string][]
}

const withModels = (models: Record<string, string>) => (url: string) => ({
  ...direct(url),
  plugins: { anthropic: { baseURL: `${url}/v1/`, models } },
})

describe('through the gateway', () => {
  it('a captured request arrives as the bytes that the client sent', async () => {
    const { up, send } = await stand(anthropicUpstream())
    const bytes = Buffer.from(JSON.stringify(body))
    const seen = await send({
      path: '/v1/messages?beta=true',
      body: bytes,
      headers: Object.fromEntries(headers),
    })
    expect(seen.status).toBe(200)
    const [request] = up.requests
    expect(request!.url).toBe('/v1/messages?beta=true')
    expect(request!.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    for (const [name, value] of headers.filter(([n]) =>
      /^(anthropic-|x-claude|x-stainless|user-agent|x-app)/i.test(n),
    ))
      expect([name, request!.header(name.toLowerCase())]).toEqual([name, value])
  })

  it.each([
    ['2023-06-01', ['x-api-key', 'sk-upstream-1']],
    ['2026-10-21', ['authorization', 'Bearer sk-upstream-1']],
  ])('the key goes where API version %s wants it', async (version, expected) => {
    const { up, send } = await stand(anthropicUpstream())
    await send({
      body: ask(),
      headers: { 'anthropic-version': version, 'x-api-key': 'sk-c', authorization: 'Bearer sk-c' },
    })
    expect(up.requests[0]!.headers.filter(([, value]) => value.includes('sk-'))).toEqual([expected])
  })

  it('maps only the models that it is told to', async () => {
    const { up, send } = await stand(anthropicUpstream(), {
      config: withModels({ 'claude-opus-*': 'claude-sonnet-5' }),
    })
    const mapped = await send({ body: ask({ model: 'claude-opus-5' }) })
    const same = await send({ body: ask({ model: 'claude-haiku-4-5' }) })
    expect(up.requests.map((r) => r.json().model)).toEqual(['claude-sonnet-5', 'claude-haiku-4-5'])
    expect([mapped.headers['x-mapped-model'], same.headers['x-mapped-model']]).toEqual([
      'claude-sonnet-5',
      undefined,
    ])
  })
})

describe('what it tells the gateway', () => {
  it('is that everything is taken as it is, and which models have names of their own', async () => {
    const mounted = await mount(anthropic({ models: { mine: 'claude-opus-5', 'claude-*': 'x' } }))
    const upstream = mounted.upstreams.expect('anthropic')
    expect(upstream.accepts).toMatchObject({
      cacheControl: true,
      consecutiveRoles: true,
      contextManagement: true,
    })
    expect(upstream.acceptsFor('claude-new-9')).toMatchObject({
      systemMessages: 'not-first',
      adaptiveThinking: true,
    })
    expect(upstream.acceptsFor('claude-sonnet-4-5-20250929')).toMatchObject({
      systemMessages: false,
      adaptiveThinking: false,
    })
    expect(upstream.models!()).toEqual([{ id: 'mine' }])
    await mounted.dispose()
  })

  it('refuses a base URL that is none', async () => {
    await expect(mount(anthropic({ baseURL: 'api.anthropic.com' }))).rejects.toThrow('must be an http(s) URL')
  })
})
