import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { closedPort } from '../support/bad-upstream.js'

export interface RedisServer {
  readonly url: string
  /** Ends it; what it held is gone, as nothing is written to disk. */
  stop(): Promise<void>
  /** Begins again on the same port, empty. */
  start(): Promise<void>
  /** It stays, and answers nothing, until `thaw`. */
  freeze(): void
  thaw(): void
}

export async function canStartRedis(): Promise<boolean> {
  return promisify(execFile)('redis-server', ['--version']).then(
    () => true,
    () => false,
  )
}

/** A redis-server of this test run, on a free port of loopback. */
export async function startRedis(): Promise<RedisServer> {
  const port = await closedPort()
  let child: ChildProcess | undefined

  const start = async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()]
    child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
    for await (const chunk of child.stdout!) if (String(chunk).includes('Ready to accept')) return
    throw new Error(`redis-server did not start on port ${port}`)
  }
  const stop = async () => {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null) return
    const ended = once(running, 'exit')
    running.kill('SIGKILL') // a frozen one too
    await ended
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    stop,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  }
}
