import { describe, expect, it } from 'vitest'
import { definePlugin } from '../../core/index.js'
import { anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import { ask } from '../support/client.js'
import { direct, stand, zaiPair } from '../support/stand.js'

/** Small requests go to the second account, and to a smaller model. */
const routing = definePlugin({
  name: 'routing',
  phase: 'request',
  create: () => ({
    onRequest: (call) =>
      call.body.max_tokens === 1 ? call.prefer({ account: 'second', model: 'claude-haiku-4-5' }) : undefined,
  }),
})
const config = (url: string, plugins: object = {}) => {
  const pair = zaiPair(url)
  return { ...pair, use: [routing], plugins: { ...pair.plugins, ...plugins } }
}
const small = { headers: { 'x-session-id': 's' }, body: { ...(ask() as object), max_tokens: 1 } }
const large = { headers: { 'x-session-id': 's' }, body: { ...(ask() as object), max_tokens: 1000 } }

describe('a plugin that prefers an account', () => {
  it.each([true, false])('sends what it wants there, and nothing else (retry-rotate: %s)', async (rotate) => {
    const { up, send } = await stand(anthropicUpstream(), {
      config: (url) => config(url, { 'retry-rotate': rotate }),
    })
    const seen = []
    for (const init of [large, small, large]) seen.push((await send(init)).headers)
    expect(seen.map((headers) => headers['x-account-email'])).toEqual([
      'first',
      'second@example.com',
      'first',
    ])
    expect(up.requests.map((request) => (request.json() as { max_tokens: number }).max_tokens)).toEqual([
      1000, 1, 1000,
    ])
  })

  it('tells in the log where another account serves, and retries like any other call', async () => {
    const { send, gateway } = await stand(
      anthropicUpstream((request, n) =>
        n === 0 ? failure(529, 'overloaded_error', 'Overloaded') : (anthropicUpstream()(request, n) as never),
      ),
      { config },
    )
    const seen = await send(small)
    expect([seen.status, seen.headers['x-account-email']]).toEqual([200, 'first'])
    const notes = gateway.logs
      .filter(({ fields }) => fields.plugin === 'retry-rotate')
      .map(({ message }) => message)
    expect(notes).toContainEqual(
      "account 'second' is preferred and cannot serve now: account 'first' instead",
    )
  })

  it.each([true, false])(
    'tells the client and the log of another model (retry-rotate: %s)',
    async (rotate) => {
      const { send, gateway, up } = await stand(anthropicUpstream(), {
        config: (url) => {
          const one = direct(url)
          return { ...one, use: [routing], plugins: { ...one.plugins, 'retry-rotate': rotate } }
        },
      })
      const seen = [await send(small), await send(large)]
      expect(seen.map(({ headers }) => headers['x-mapped-model'])).toEqual(['claude-haiku-4-5', undefined])
      expect(up.requests.map((request) => (request.json() as { model: string }).model)).toEqual([
        'claude-haiku-4-5',
        'claude-sonnet-5',
      ])
      expect(gateway.requests().map(({ model, mappedModel }) => [model, mappedModel])).toEqual([
        ['claude-sonnet-5', 'claude-haiku-4-5'],
        ['claude-sonnet-5', undefined],
      ])
    },
  )
})
