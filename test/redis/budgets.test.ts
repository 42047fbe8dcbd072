import { describe, expect, inject, it } from 'vitest'
import { answer } from '../support/anthropic-upstream.js'
import { builtCli } from '../support/cli.js'
import { cluster, request, told } from './cluster.js'

const cli = builtCli()

describe.skipIf(inject('redisUrl') === undefined)('a budget of two gateways with one Redis', () => {
  it('is one: what either spends counts for both, and stays after a restart', async () => {
    const usage = { input_tokens: 900, output_tokens: 100 }
    const { up, gateway } = await cluster(cli, (req) => answer({ text: 'hi', usage }, req), {
      config: { budgets: { limits: [{ per: 'day', tokens: 10_000 }] } },
    })
    const gateways = await Promise.all([gateway(), gateway()])
    const statuses = []
    for (let n = 0; n < 14; n++) {
      statuses.push((await request(gateways[n % 2]!.url, `s-${n % 2}`)).status)
      // What one spends reaches the other a moment later.
      const used = Math.min(n + 1, 10) * 1_000
      for (const { url } of gateways)
        await expect.poll(() => told(url, 'budgets'), { interval: 5 }).toContain(`"used":${used}`)
    }
    expect(statuses).toEqual([...Array(10).fill(200), ...Array(4).fill(429)])
    expect(up.requests).toHaveLength(10)
    const third = await gateway()
    expect((await request(third.url, 's-3')).status).toBe(429)
    expect(JSON.parse(await told(third.url, 'budgets'))).toMatchObject({
      budgets: [{ per: 'day', used: 10_000, amount: 10_000, share: 1 }],
    })
  })

  it('lets requests that come to both at once pass it by what they see of each other, and no further', async () => {
    const usage = { input_tokens: 900, output_tokens: 100 }
    const { gateway } = await cluster(cli, (req) => answer({ text: 'hi', usage }, req), {
      config: { budgets: { limits: [{ per: 'day', tokens: 10_000 }] } },
    })
    const gateways = await Promise.all([gateway(), gateway()])
    for (const { url } of gateways) await request(url, 's') // learns what a request takes
    const all = await Promise.all(Array.from({ length: 40 }, (_, n) => request(gateways[n % 2]!.url, 's')))
    const served = all.filter(({ status }) => status === 200).length
    // 8 are left; each gateway reserves by its own copy before it hears of the other.
    expect(served).toBeGreaterThanOrEqual(8)
    expect(served).toBeLessThanOrEqual(16)
  })
})
