import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { builtCli, emptyFolder } from '../../test/support/cli.js'

const cli = builtCli()
const listening = /listening on (http:\/\/127\.0\.0\.1:\d+)/

async function started(count: string) {
  const command = cli.start(['--port', '0', '--workers', count], { cwd: emptyFolder() })
  const url = listening.exec(await command.printed(listening))![1]!
  return { command, url }
}

const healthy = async (url: string) =>
  (await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).status

/** Processes whose parent this is. */
function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

describe('agproxy start --workers', () => {
  it('serves one port with several processes, says so once, and stops them all', async () => {
    const { command, url } = await started('2')
    expect(childrenOf(command.child.pid!)).toHaveLength(2)
    const statuses = await Promise.all(Array.from({ length: 20 }, () => healthy(url)))
    expect(new Set(statuses)).toEqual(new Set([200]))
    command.child.kill('SIGTERM')
    const { code, out } = await command.finished
    expect(code).toBe(0)
    expect(out.match(/listening on/g)).toHaveLength(1)
  })

  it('replaces a worker that dies', async () => {
    const { command, url } = await started('2')
    const [first] = childrenOf(command.child.pid!)
    process.kill(first!, 'SIGKILL')
    await expect.poll(() => childrenOf(command.child.pid!).includes(first!)).toBe(false)
    await expect.poll(() => childrenOf(command.child.pid!).length, { timeout: 8_000 }).toBe(2)
    expect(await healthy(url)).toBe(200)
    command.child.kill('SIGTERM')
    expect((await command.finished).code).toBe(0)
  })

  it.each(['0', 'two', '1.5'])('refuses %s', async (count) => {
    const { code, err } = await cli.run(['start', '--workers', count], { cwd: emptyFolder() })
    expect([code, err]).toEqual([
      1,
      `agproxy: --workers takes a whole number from 1 to 256, not '${count}'\n`,
    ])
  })

  it('ends with 1 when the workers can not start', async () => {
    const { command, url } = await started('1')
    const port = new URL(url).port
    const second = await cli.run(['start', '--port', port, '--workers', '2'], { cwd: emptyFolder() })
    expect(second.code).toBe(1)
    expect(second.err).toContain('the port is taken')
    command.child.kill('SIGTERM')
    await command.finished
  })
})
