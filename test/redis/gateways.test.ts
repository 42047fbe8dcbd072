import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { answer, failure } from '../support/anthropic-upstream.js'
import { builtCli } from '../support/cli.js'
import { messageEvents } from '../support/messages.js'
import { head, stall, write } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { accountOf, cluster, FIVE, request, told } from './cluster.js'
import { canStartRedis, startRedis } from './redis-server.js'

const url = inject('redisUrl')
const cli = builtCli()

describe.skipIf(url === undefined)('two gateways with one Redis', () => {
  it('an account that is limited through one is not used by the other a moment later', async () => {
    let limited: string | undefined
    const { up, gateway } = await cluster(cli, (req) => {
      limited ??= accountOf(req)
      return accountOf(req) === limited
        ? failure(429, 'rate_limit_error', 'slow down', { 'retry-after': '40' })
        : answer({ text: 'hi' }, req)
    })
    const [one, other] = await Promise.all([gateway(), gateway()])
    expect((await request(one.url, 'first')).status).toBe(200)
    await expect.poll(() => told(other.url, 'accounts')).toContain('rate-limit')
    const before = up.requests.length
    for (let i = 0; i < 40; i++) expect((await request(other.url, `session ${i}`)).status).toBe(200)
    expect(up.requests.slice(before).map(accountOf)).not.toContain(limited)
    expect(new Set(up.requests.slice(before).map(accountOf)).size).toBe(4)
  })

  it('a session goes to the same account through either, from its second request on', async () => {
    const { gateway } = await cluster(cli, (req) => answer({ text: 'hi' }, req))
    const gateways = await Promise.all([gateway(), gateway()])
    const seen = new Set<string>()
    // Twelve sessions drawn by chance leave one of five accounts out in 3 of 100 runs.
    for (let session = 0; session < 12 || seen.size < 5; session++) {
      expect(session).toBeLessThan(60)
      const first = await request(gateways[session % 2]!.url, `s${session}`)
      seen.add(first.account)
      for (let turn = 0; turn < 4; turn++)
        expect((await request(gateways[turn % 2]!.url, `s${session}`)).account).toBe(first.account)
    }
    // And through one that was not there at the time.
    const third = await gateway()
    expect((await request(third.url, 's3')).account).toBe((await request(gateways[0]!.url, 's3')).account)
  })

  it('its first two requests too, when they come to both at once', async () => {
    const { gateway } = await cluster(cli, (req) => answer({ text: 'hi' }, req))
    const gateways = await Promise.all([gateway(), gateway()])
    for (let session = 0; session < 20; session++) {
      const [a, b] = await Promise.all(gateways.map((g) => request(g.url, `s${session}`)))
      expect(a!.account).toBe(b!.account)
    }
  })

  it('an account carries its maxConcurrent through both together', async () => {
    let open = 0
    let over = 0
    const { gateway } = await cluster(
      cli,
      (req) => [
        async (exchange) => {
          if (++open > 3) over++
          await exchange.sleep(30)
          open--
        },
        answer({ text: 'hi' }, req),
      ],
      { accounts: [{ id: 'a', maxConcurrent: 3 }] },
    )
    const gateways = await Promise.all([gateway(), gateway()])
    for (const { url } of gateways) expect((await request(url, 'first')).status).toBe(200)
    const statuses = await Promise.all(
      Array.from({ length: 120 }, async (_, i) => (await request(gateways[i % 2]!.url, `s${i}`)).status),
    )
    expect(new Set(statuses)).toEqual(new Set([200]))
    // Each by itself would let three through, and nine of ten come while more than three are open. A gateway that has waited 50 ms
    // for Redis goes on alone until the next ping, 250 ms on: on a machine with ten programs to two cores six were open for a moment.
    expect(over).toBeLessThan(60)
  })

  it('the places of a gateway that is killed come back', async () => {
    const { up, gateway } = await cluster(
      cli,
      (req, n) =>
        n === 0
          ? [
              head(200, { 'content-type': 'text/event-stream' }),
              write(frames(messageEvents().slice(0, 2))),
              stall(),
            ]
          : answer({ text: 'hi' }, req),
      { accounts: [{ id: 'a', maxConcurrent: 1 }] },
    )
    const [one, other] = await Promise.all([gateway(), gateway()])
    const cut = request(one.url, 's', { stream: true }).catch(() => {})
    await up.received(1)
    await sleep(100)
    const waiting = request(other.url, 't')
    await sleep(300)
    expect(up.requests).toHaveLength(1)
    one.child.kill('SIGKILL')
    const killedAt = performance.now()
    expect((await waiting).status).toBe(200)
    expect(performance.now() - killedAt).toBeLessThan(28_000) // the lease time is 10 s, queueTimeout 30 s
    await cut
  })

  it('an account whose cooldown is over is tried by one request of all', async () => {
    let come = () => {}
    const allCame = new Promise<void>((resolve) => (come = resolve))
    const { up, gateway } = await cluster(
      cli,
      (req, n) => {
        if (n === 0) return failure(429, 'rate_limit_error', 'slow down', { 'retry-after-ms': '2500' })
        return [accountOf(req) === 'a' ? () => allCame : () => {}, answer({ text: 'hi' }, req)]
      },
      {
        accounts: [
          { id: 'a', priority: 0 },
          { id: 'b', priority: 1 },
        ],
      },
    )
    const gateways = await Promise.all([gateway(), gateway()])
    await request(gateways[0]!.url, 'first')
    await sleep(2_600)
    const before = up.requests.length
    const all = Array.from({ length: 20 }, (_, i) => request(gateways[i % 2]!.url, `s${i}`))
    await up.received(before + 20)
    come()
    await Promise.all(all)
    expect(up.requests.slice(before).filter((req) => accountOf(req) === 'a')).toHaveLength(1)
  })
})

describe.skipIf(url === undefined)('a session over two gateways', () => {
  it('notices nothing when its account is used up in the middle, whichever gateway each turn goes through', async () => {
    const usedUp = new Set<string | undefined>()
    const { up, gateway } = await cluster(
      cli,
      (req) =>
        usedUp.has(accountOf(req))
          ? failure(429, 'rate_limit_error', 'used up', { 'retry-after': '7200' })
          : answer({ text: 'hi' }, req),
      { accounts: ['a', 'b', 'c'].map((id) => ({ id })) },
    )
    const gateways = await Promise.all([gateway(), gateway()])
    const turns: string[] = []
    for (let turn = 0; turn < 12; turn++) {
      if (turn === 4) usedUp.add('a')
      if (turn === 8) usedUp.add('b')
      const seen = await request(gateways[turn % 2]!.url, 'session', { stream: true })
      expect(seen.status).toBe(200)
      turns.push(seen.account)
    }
    expect(turns.join('')).toBe('aaaabbbbcccc')
    expect(up.requests).toHaveLength(14) // one found out about each
  })
})

describe.skipIf(url === undefined || !(await canStartRedis()))('two gateways under load', () => {
  it('lose no request when Redis is stopped, started and frozen', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const { gateway } = await cluster(cli, (req) => answer({ text: 'hi' }, req), {
      redisUrl: redis.url,
      accounts: FIVE.map((id) => ({ id, priority: 0, maxConcurrent: 8 })),
    })
    const gateways = await Promise.all([gateway(), gateway()])
    let running = true
    const results: { status: number; ms: number; away: boolean }[] = []
    let away = false
    const client = async (n: number) => {
      for (let i = 0; running; i++) {
        const [started, wasAway] = [performance.now(), away]
        const { status } = await request(gateways[(n + i) % 2]!.url, `s${n}-${i % 5}`, {
          stream: i % 2 === 0,
        })
        results.push({ status, ms: performance.now() - started, away: wasAway })
      }
    }
    const load = Promise.all(Array.from({ length: 12 }, (_, n) => client(n)))
    await sleep(2_000)
    away = true
    await redis.stop()
    await sleep(3_000)
    away = false
    await redis.start()
    await sleep(1_500)
    away = true
    redis.freeze()
    await sleep(3_000)
    away = false
    redis.thaw()
    await sleep(1_000)
    running = false
    await load
    expect(results.length).toBeGreaterThan(40)
    expect(results.filter(({ status }) => status !== 200)).toEqual([])
    // 50 ms for Redis, once for each of two calls; against the other requests of this run, since a busy machine took 4.3 s for one.
    const usual = (isAway: boolean) => {
      const times = results.filter((result) => result.away === isAway).map(({ ms }) => ms)
      return times.sort((a, b) => a - b)[times.length >> 1]!
    }
    expect(usual(true)).toBeLessThan(3 * usual(false) + 200)
    const logs = await Promise.all(
      gateways.map(async (g) => {
        g.child.kill('SIGTERM')
        const { code, out, err } = await g.finished
        expect(code).toBe(0)
        return out + err
      }),
    )
    for (const log of logs) {
      // Once an outage: the stop and the frozen second, and perhaps one that a busy machine made.
      const told = log.match(/Redis is (away|back)/g)!
      expect(told.length).toBeLessThanOrEqual(6)
      expect(told.slice(0, 4)).toEqual(['Redis is away', 'Redis is back', 'Redis is away', 'Redis is back'])
    }
  })
})
