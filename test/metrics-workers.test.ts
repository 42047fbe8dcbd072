import { expect, it } from 'vitest'
import { builtCli } from './support/cli.js'
import { send } from './support/client.js'
import { startWorkers } from './support/workers.js'

const cli = builtCli()
const CONFIG = `export default { preset: 'claude-code', metrics: { public: true } }`

it('metrics of all workers are told by any of them, also what one counted that has ended', async () => {
  const gateway = await startWorkers(cli, 2, { config: CONFIG })
  const body = { model: 'claude-haiku-4-5', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }
  for (let i = 0; i < 12; i++) expect((await send(gateway.url, { body })).status).toBe(200)
  const count = async () => {
    const answer = await send(gateway.url, { method: 'GET', path: '/metrics' })
    const found = /^agproxy_requests_total\{route="messages".*\} (\d+)$/m.exec(answer.text())
    return found ? Number(found[1]) : `${answer.status}: ${answer.text().slice(0, 500)}`
  }
  const always = async () => new Set(await Promise.all(Array.from({ length: 6 }, count)))
  await expect.poll(always, { timeout: 15_000 }).toEqual(new Set([12]))
  // Connections go to the workers in turn: each has answered, so each knows what the other has counted.
  await gateway.kill()
  await gateway.serve('2 of 2 workers serve')
  await expect.poll(always, { timeout: 15_000 }).toEqual(new Set([12]))
  await gateway.stop()
}, 60_000)
