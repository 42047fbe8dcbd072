import { describe, expect, it } from 'vitest'
import { anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import { ask } from '../support/client.js'
import { json, reset, type Script, stall } from '../support/script.js'
import { stand, zaiPair } from '../support/stand.js'

const path = '/v1/messages/count_tokens'

describe('count_tokens', () => {
  it("is the upstream's where it counts", async () => {
    const { send, up } = await stand(anthropicUpstream())
    const seen = await send({ path: `${path}?beta=true`, body: ask() })
    expect(seen.json()).toEqual({ input_tokens: 42 })
    expect(seen.headers['x-token-count']).toBe('upstream')
    expect(up.requests[0]?.url).toBe(`${path}?beta=true`)
  })

  it.each<[string, Script]>([
    ['has no such route', failure(404, 'not_found_error', 'no route')],
    ['counts 0', json({ input_tokens: 0, output_tokens: 0 })],
    ['resets the connection', reset()],
    ['says nothing', stall()],
    ['fails', json('<html>', 502)],
  ])('is an estimate when the upstream %s', async (_, script) => {
    const config = (url: string) => {
      const pair = zaiPair(url)
      return { ...pair, plugins: { ...pair.plugins, 'count-tokens': { timeout: 300 } } }
    }
    const { send } = await stand(() => script, { config })
    const seen = await send({ path, body: ask() })
    expect(seen.status).toBe(200)
    expect(seen.headers['x-token-count']).toBe('estimate')
    expect(seen.json<{ input_tokens: number }>().input_tokens).toBeGreaterThan(0)
  })

  it('is an estimate offline, for 26 at once', async () => {
    const { send } = await stand(anthropicUpstream(), { config: () => ({ preset: 'claude-code' }) })
    const all = await Promise.all(Array.from({ length: 26 }, () => send({ path, body: ask() })))
    expect(new Set(all.map((seen) => `${seen.status} ${seen.headers['x-token-count']}`))).toEqual(
      new Set(['200 estimate']),
    )
  })

  it('is a 400 for a body that is no request', async () => {
    const { send, up } = await stand(anthropicUpstream())
    const seen = await send({ path, body: '{"model":"claude-sonnet-5"}' })
    expect(seen.status).toBe(400)
    expect(seen.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
    expect(up.requests).toHaveLength(0)
  })
})
