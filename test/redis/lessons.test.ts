import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, it } from 'vitest'
import { answer, failure } from '../support/anthropic-upstream.js'
import type { Handler } from '../support/bad-upstream.js'
import { builtCli } from '../support/cli.js'
import { ask, send } from '../support/client.js'
import { ADMIN_KEY, cluster } from './cluster.js'

const url = inject('redisUrl')
const cli = builtCli()

const NEW = { next_years_feature: { a: 1 } }
const refusing: Handler = (request) =>
  request.body.includes('next_years_feature')
    ? failure(400, 'invalid_request_error', 'next_years_feature: Extra inputs are not permitted')
    : answer({ text: 'hi' }, request)

/** Milliseconds in which a change is at every gateway. */
const SOON = 150
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
    await sleep(SOON)
    expect(await callsOf(other!)).toBe(1)
    expect(await callsOf(await gateway())).toBe(1)

    const headers = { authorization: `Bearer ${ADMIN_KEY}` }
    const shown = await send(other!.url, { method: 'GET', path: '/_agproxy/api/upstreams', headers })
    expect(shown.text()).toContain('next_years_feature')
    const path = '/_agproxy/api/upstreams/anthropic/learned'
    expect((await send(other!.url, { method: 'DELETE', path, headers })).json()).toMatchObject({
      forgotten: 1,
    })
    await sleep(SOON)
    expect(await callsOf(one!)).toBe(2)
  })

  it('is tried anew by both when it expires, and one of them tells the other again', async () => {
    const plugins = { learn: { expires: 1_500 } }
    const { up, gateway } = await cluster(cli, refusing, { accounts, plugins })
    const gateways = await Promise.all([gateway(), gateway()])
    const calls = async (n: number) => {
      const before = up.requests.length
      expect((await send(gateways[n]!.url, { body: ask(NEW) })).status).toBe(200)
      return up.requests.length - before
    }
    expect(await calls(0)).toBe(2)
    await sleep(SOON)
    expect(await calls(1)).toBe(1)
    await sleep(1_600)
    expect(await calls(1)).toBe(2)
    await sleep(SOON)
    expect(await calls(0)).toBe(1)
  })
})
