import { request } from 'node:http'
import { expect, it } from 'vitest'
import { Reply } from '../../core/exchange/reply.js'
import { definePlugin } from '../../core/plugin/define.js'
import { anthropicUpstream } from '../support/anthropic-upstream.js'
import { ask } from '../support/client.js'
import { direct, stand } from '../support/stand.js'

it('a route that wants no body answers before one has come', async () => {
  const { url } = await stand(anthropicUpstream())
  const status = await new Promise((resolve, reject) => {
    const req = request(
      `${url}/healthz`,
      { method: 'GET', headers: { 'content-length': 95_000_000 } },
      (res) => {
        resolve(res.statusCode)
        req.destroy()
      },
    )
    req.on('error', reject)
    req.flushHeaders()
  })
  expect(status).toBe(200)
})

it('a reply that a plugin replaces keeps neither its connection nor its place on the account', async () => {
  const other = definePlugin({
    name: 'other',
    phase: 'request',
    create: () => ({ onReply: () => Reply.json({ mine: true }) }),
  })
  const { up, gateway, send } = await stand(anthropicUpstream(), {
    config: (url) => ({
      ...direct(url),
      plugins: { anthropic: { baseURL: url }, 'stream-guard': false },
      use: [other()],
    }),
  })
  for (let i = 0; i < 3; i++)
    expect((await send({ body: ask({ stream: true }) })).json()).toEqual({ mine: true })
  expect(up.requests).toHaveLength(3)
  const { accounts: pool } = gateway
  await expect.poll(() => pool.status().map((s) => s.inFlight)).toEqual([0])
})
