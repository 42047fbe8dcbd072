import { expect, it } from 'vitest'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { ask } from '../../test/support/client.js'
import { direct, stand } from '../../test/support/stand.js'

const auth = { authorization: 'Bearer admin-key-1234' }

/** The CPU milliseconds of this process in which `work` was done. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const from = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1_000
}

it.each([false, true])(
  'a body of 20 MB slows no page of results, bodies: %s',
  async (bodies) => {
    const { send } = await stand(anthropicUpstream(), {
      config: (url) => ({
        ...direct(url),
        server: { adminKey: 'admin-key-1234' },
        trace: { bodies },
      }),
    })
    const get = (path: string) => send({ method: 'GET', path: `/_agproxy/api/${path}`, headers: auth })
    const block = { type: 'text', text: 'x'.repeat(100_000) }
    const large = ask({
      messages: Array.from({ length: 200 }, (_, n) => ({
        role: n % 2 ? 'assistant' : 'user',
        content: [block],
      })),
    })
    for (let n = 0; n < 300; n++) await send({ body: ask() })
    for (let n = 0; n < 3; n++) expect((await send({ body: large, timeout: 30_000 })).status).toBe(200)
    const page = async () =>
      (await get('requests?limit=200')).json<{ requests: { requestBytes?: number }[] }>().requests
    await expect.poll(async () => (await page()).length, { timeout: 10_000 }).toBeGreaterThan(0)
    const times = []
    for (let n = 0; n < 5; n++) times.push(await cpuOf(() => get('requests?limit=200')))
    for (let n = 0; n < 5; n++) times.push(await cpuOf(() => get('sessions')))
    // The test's own side of a page of 200 rows is in it.
    expect(Math.min(...times.slice(0, 5))).toBeLessThan(50)
    expect(Math.min(...times.slice(5))).toBeLessThan(50)
    if (process.env.SHOW_TIMES) console.log(times)
    // A request that came behind it is as quick as one before.
    const quick = []
    for (let n = 0; n < 5; n++) quick.push(await cpuOf(() => send({ body: ask() })))
    expect(Math.min(...quick)).toBeLessThan(50)
  },
  60_000,
)
