import { describe, expect, inject, it } from 'vitest'
import { answer, failure } from '../support/anthropic-upstream.js'
import type { Handler } from '../support/bad-upstream.js'
import { builtCli } from '../support/cli.js'
import { ask, send } from '../support/client.js'
import { ADMIN_KEY, cluster, told } from './cluster.js'

const url = inject('redisUrl')
const cli = builtCli()

const NEW = { next_years_feature: { a: 1 } }
const refusing: Handler = (request) =>
  request.body.includes('next_years_feature')
    ? failure(400, 'invalid_request_error', 'next_years_feature: Extra inputs are not permitted')
    : answer({ text: 'hi' }, request)

/** Resolves when a gateway knows, or has forgotten, that the field is refused. */
const knows = (at: { url: string }, does = true) =>
  expect.poll(async () => (await told(at.url, 'upstreams')).includes('next_years_feature')).toBe(does)

const accounts = [{ id: 'a' }]

describe.skipIf(url === undefined)('what one gateway learned', () => {
  it('the other knows, one that starts later too, and forgotten at one it is forgotten at both', async () => {
    const { up, gateway } = await cluster(cli, refusing, { accounts })
    const [one, other] = await Promise.all([gateway(), gateway()])
    const callsOf = async (at: { url: string }) => {
      const before = up.requests.length
      expect((await send(at.url, { body: ask(NEW) })).status).toBe(200)
      return up.requests.length - before
    }
    expect(await callsOf(one!)).toBe(2)
    await knows(other!)
    expect(await callsOf(other!)).toBe(1)
    expect(await callsOf(await gateway())).toBe(1)

    const headers = { authorization: `Bearer ${ADMIN_KEY}` }
    const path = '/_agproxy/api/upstreams/anthropic/learned'
    expect((await send(other!.url, { method: 'DELETE', path, headers })).json()).toMatchObject({
      forgotten: 1,
    })
    await knows(one!, false)
    expect(await callsOf(one!)).toBe(2)
  })

  it('is tried anew by both when it expires, and one of them tells the other again', async () => {
    const plugins = { learn: { expires: 3_000 } }
    const { up, gateway } = await cluster(cli, refusing, { accounts, plugins })
    const gateways = await Promise.all([gateway(), gateway()])
    const calls = async (n: number) => {
      const before = up.requests.length
      expect((await send(gateways[n]!.url, { body: ask(NEW) })).status).toBe(200)
      return up.requests.length - before
    }
    expect(await calls(0)).toBe(2)
    await knows(gateways[1]!)
    expect(await calls(1)).toBe(1)
    await knows(gateways[1]!, false)
    await knows(gateways[0]!, false)
    expect(await calls(1)).toBe(2)
    await knows(gateways[0]!)
    expect(await calls(0)).toBe(1)
  })
})
