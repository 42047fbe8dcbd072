import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, it } from 'vitest'
import { answer } from '../support/anthropic-upstream.js'
import { builtCli } from '../support/cli.js'
import { ask, send } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { delay, sse, stall } from '../support/script.js'
import { ADMIN_KEY, cluster, request } from './cluster.js'
import { canStartNginx, startNginx } from './nginx.js'

const cli = builtCli()

describe.skipIf(inject('redisUrl') === undefined || !(await canStartNginx()))(
  'behind the balancer of deploy/',
  () => {
    it('events arrive one by one, and a client that goes away is heard of at once', async () => {
      const { up, gateway } = await cluster(cli, (_req, n) =>
        n === 0 ? sse(messageEvents(), { every: 60 }) : sse(messageEvents().slice(0, 3), { ending: stall() }),
      )
      const url = await startNginx((await Promise.all([gateway(), gateway()])).map((g) => g.url))
      const seen = await send(url, { body: ask({ stream: true }) })
      expect(seen.end).toBe('clean')
      expect(seen.chunks.length).toBeGreaterThan(4)
      expect(seen.endedAt - seen.headersAt).toBeGreaterThan(200)

      const leave = new AbortController()
      const cut = send(url, { body: ask({ stream: true }), signal: leave.signal }).catch(() => {})
      await up.received(2)
      await sleep(100)
      leave.abort()
      await expect.poll(() => up.requests[1]!.aborted, { timeout: 10_000 }).toBe(true)
      await cut
    })

    it('a session keeps its account, and no request fails that was begun or is sent again while a gateway is replaced', async () => {
      const { gateway } = await cluster(cli, (req) => [delay(20), answer({ text: 'hi' }, req)])
      const [one, other] = await Promise.all([gateway(), gateway()])
      const url = await startNginx([one.url, other.url])
      const homes = new Map<string, Set<string>>()
      const bad: object[] = []
      let running = true
      let hasEnded = false
      const client = async (n: number) => {
        for (let i = 0; running; i++) {
          const session = `s${n}`
          let isBefore = !hasEnded
          let seen = await request(url, session, { stream: i % 2 === 0 })
          // A request that is on its way while a gateway closes its port gets a 502 from the balancer, which must not send
          // a message twice; every client does that by itself, and again as long as the gateway is about to end.
          while (seen.status === 502 && isBefore) {
            isBefore = !hasEnded
            seen = await request(url, session, { stream: i % 2 === 0 })
          }
          if (seen.status !== 200 || seen.end !== 'clean') bad.push(seen)
          homes.set(session, (homes.get(session) ?? new Set()).add(seen.account))
        }
      }
      const load = Promise.all(Array.from({ length: 10 }, (_, n) => client(n)))
      await sleep(500)
      one.child.kill('SIGTERM')
      expect((await one.finished).code).toBe(0)
      hasEnded = true
      await sleep(500)
      running = false
      await load
      expect(bad).toEqual([])
      expect([...homes.values()].map((accounts) => accounts.size)).toEqual(Array(10).fill(1))
    })

    it('the operator’s routes are not reachable from outside', async () => {
      const { gateway } = await cluster(cli, (req) => answer({ text: 'hi' }, req))
      const inside = (await gateway()).url
      const url = await startNginx([inside, (await gateway()).url])
      const headers = { 'x-api-key': ADMIN_KEY }
      expect((await send(inside, { method: 'GET', path: '/_agproxy/api/accounts', headers })).status).toBe(
        200,
      )
      for (const path of [
        '/_agproxy/api/accounts',
        '//_agproxy/api/accounts',
        '/%5fagproxy/api/accounts',
        '/%255fagproxy/api/accounts',
        '/x/../_agproxy/api/accounts',
        '/x\\..\\_agproxy/api/accounts',
        '/_AGPROXY/api/accounts',
        '/v1/models/..%2f..%2f_agproxy/api/accounts',
      ]) {
        const seen = await send(url, { method: 'GET', path, headers })
        expect([path, seen.status]).toEqual([path, 404])
      }
    })
  },
)
