import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { builtCli, emptyFolder } from '../../test/support/cli.js'
import { health, startWorkers, workerConfig } from '../../test/support/workers.js'

const cli = builtCli()

// Tests that take longer are in test/faults/workers.test.ts.
describe('agproxy start --workers', () => {
  it('serves one port with several processes, prints the URL once, and stops them all', async () => {
    const gateway = await startWorkers(cli, 2)
    const statuses = await Promise.all(Array.from({ length: 20 }, () => health(gateway.url)))
    expect(new Set(statuses)).toEqual(new Set([200]))
    await gateway.stop()
    expect((await gateway.command.finished).out.match(/listening on/g)).toHaveLength(1)
  })

  it('closes the connections that were handed to a worker which is killed before it takes them', async () => {
    const gateway = await startWorkers(cli, 2, { config: workerConfig() })
    const [stopped] = gateway.workers()
    process.kill(stopped!, 'SIGSTOP')
    let ended = 0
    const { hostname, port } = new URL(gateway.url)
    const sockets = Array.from({ length: 6 }, () =>
      connect(Number(port), hostname)
        .on('error', () => {})
        .on('close', () => ended++),
    )
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    for (const socket of sockets)
      socket.resume().write('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n')
    await expect.poll(() => ended).toBe(5) // the other worker's
    await gateway.kill(stopped)
    await expect.poll(() => ended).toBe(6)
    await gateway.stop()
  })

  it('continues with the other workers while the config on disk keeps a replacement from starting', async () => {
    const gateway = await startWorkers(cli, 2, { config: workerConfig() })
    gateway.save('export default { preset: ')
    await gateway.command.printed('config not reloaded')
    await gateway.kill()
    const text = await gateway.command.printed(/could not start \(exit code 1\); 1 of 2 workers serve/)
    expect(text).toContain('syntax error in line 1')
    expect(await health(gateway.url)).toBe(200)
    gateway.save(workerConfig())
    await gateway.serve('2 of 2 workers serve')
    await gateway.stop()
  })

  it('stops its workers when it is killed', async () => {
    const gateway = await startWorkers(cli, 2)
    const workers = gateway.workers()
    gateway.command.child.kill('SIGKILL')
    await expect.poll(() => workers.filter(isAlive)).toEqual([])
    await expect(health(gateway.url)).rejects.toThrow('ECONNREFUSED')
  })

  it.each(['0', 'two', '1.5'])('refuses %s', async (count) => {
    const { code, err } = await cli.run(['start', '--workers', count], { cwd: emptyFolder() })
    expect([code, err]).toEqual([
      2,
      `agproxy: --workers takes a whole number from 1 to 256, not '${count}'\n`,
    ])
  })

  it('ends with 1 when the first workers cannot start', async () => {
    const command = cli.start(['--port', '0'], { cwd: emptyFolder() })
    const port = /listening on \S+:(\d+)/.exec(await command.printed(/listening on \S+\s/))![1]!
    const second = await cli.run(['start', '--port', port, '--workers', '2'], { cwd: emptyFolder() })
    expect(second.code).toBe(1)
    expect(second.err).toContain(
      `:${port} is served by pid ${command.child.pid} already (config none); agproxy stop ${port} ends it`,
    )
    command.child.kill('SIGTERM')
    await command.finished
  })
})

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
