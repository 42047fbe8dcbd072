import { copyFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startUpstream } from '../support/bad-upstream.js'
import { builtCli, emptyFolder } from '../support/cli.js'
import { ask, NoAnswer, send } from '../support/client.js'
import { errorData } from '../support/messages.js'
import { json } from '../support/script.js'
import { health, startWorkers, workerConfig } from '../support/workers.js'

const cli = builtCli()
const BROKEN = 'export default { preset: '

/** Health checks on connections of their own, `width` at a time. Counts how they ended. */
function load(url: string, width: number) {
  const ends = new Map<string | number, number>()
  let over = false
  const one = async () => {
    const end = await health(url).catch((error) => (error instanceof NoAnswer ? error.code : String(error)))
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }
  const all = Array.from({ length: width }, async () => {
    while (!over) await one()
  })
  return async () => {
    over = true
    await Promise.all(all)
    return ends
  }
}

describe('agproxy start --workers', () => {
  it('replaces workers that are killed under load; a request is answered or its connection breaks', async () => {
    const gateway = await startWorkers(cli, 3, { config: workerConfig() })
    const end = load(gateway.url, 20)
    for (const id of [4, 5, 6]) {
      await gateway.kill()
      await gateway.serve(`worker ${id} serves; 3 of 3 workers serve`)
    }
    const ends = await end()
    expect([...ends.keys()].filter((how) => how !== 200 && how !== 'ECONNRESET')).toEqual([])
    expect(ends.get(200)).toBeGreaterThan(100)
    await gateway.stop()
  })

  it('replaces a worker whose event loop is blocked', async () => {
    const gateway = await startWorkers(cli, 2)
    process.kill(gateway.workers()[0]!, 'SIGSTOP')
    await gateway.command.printed(/ended \(no heartbeat for 15 s, killed\)/, 25_000)
    await gateway.serve('2 of 2 workers serve')
    await gateway.stop()
  }, 60_000)

  it('stops on the second signal, whatever its workers do', async () => {
    const gateway = await startWorkers(cli, 2)
    process.kill(gateway.workers()[0]!, 'SIGSTOP')
    gateway.command.child.kill('SIGTERM')
    await expect.poll(() => gateway.workers().length).toBe(1)
    await gateway.stop()
  })

  it('continues after the death of all its workers', async () => {
    const gateway = await startWorkers(cli, 2, { config: workerConfig() })
    gateway.save(BROKEN)
    for (const pid of gateway.workers()) await gateway.kill(pid)
    await gateway.command.printed(/could not start \(exit code 1\); 0 of 2 workers serve/)
    gateway.save(workerConfig())
    await gateway.serve('2 of 2 workers serve')
    expect(await health(gateway.url)).toBe(200)
    await gateway.stop()
  })

  it('continues when a worker cannot even be spawned', async () => {
    const node = join(emptyFolder(), 'node')
    copyFileSync(process.execPath, node)
    const gateway = await startWorkers(cli, 2, { node })
    renameSync(node, `${node}-away`)
    await gateway.kill()
    await gateway.command.printed(/could not start \(spawn .* ENOENT\); 1 of 2 workers serve/)
    expect(await health(gateway.url)).toBe(200)
    renameSync(`${node}-away`, node)
    await gateway.serve('2 of 2 workers serve')
    await gateway.stop()
  })

  it('continues after an error outside of every request in the primary, which reads the config too', async () => {
    const config = workerConfig([], "setTimeout(() => Promise.reject(new Error('left behind')), 1_500)")
    const gateway = await startWorkers(cli, 2, { config })
    await gateway.command.printed(/error in the primary process, which continues: Error: left behind/)
    expect(await health(gateway.url)).toBe(200)
    await gateway.stop()
  })

  it('a replacement knows the cooldowns that the others know', async () => {
    const limited = json(errorData('rate_limit_error', 'slow down'), 429, {
      headers: { 'retry-after': '600' },
    })
    const up = await startUpstream(() => limited)
    onTestFinished(() => up.close())
    const account = { id: 'a', upstream: 'anthropic', apiKey: 'sk-test-key-0123456789', baseURL: up.url }
    const gateway = await startWorkers(cli, 2, { config: workerConfig([account]) })
    expect((await send(gateway.url, { body: ask() })).status).toBe(429)
    const calls = up.requests.length
    const old = gateway.workers()
    await gateway.kill(old[0])
    await gateway.serve('worker 3 serves; 2 of 2 workers serve')
    await gateway.kill(old[1])
    expect((await send(gateway.url, { body: ask() })).status).toBe(429)
    expect(up.requests).toHaveLength(calls)
    await gateway.stop()
  })
})
