import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Cli, emptyFolder, type Running, type RunOptions } from './cli.js'
import { send } from './client.js'

export interface WorkerGateway {
  readonly command: Running
  readonly url: string
  /** Where its config is. */
  readonly dir: string
  /** Process ids of the workers that exist now, the oldest first. */
  workers(): number[]
  /** Saves the config: the running workers reload it, and the next one starts with it. */
  save(config: string): void
  /** Kills one worker with SIGKILL, the oldest by default, and resolves when the process is gone. */
  kill(pid?: number): Promise<void>
  /** Resolves when so many of all workers have been reported to serve, after a replacement. */
  serve(text: string): Promise<unknown>
  /** Sends SIGTERM and expects exit code 0. */
  stop(): Promise<void>
}

/** `agproxy start --workers` on a free port, with requests in its log; resolves when all workers serve. Linux only. */
export async function startWorkers(
  cli: Cli,
  count: number,
  { config, ...options }: Partial<RunOptions> & { config?: string } = {},
): Promise<WorkerGateway> {
  const dir = emptyFolder()
  const save = (text: string) => writeFileSync(join(dir, 'agproxy.config.mjs'), text)
  if (config !== undefined) save(config)
  const command = cli.start(['--port', '0', '--workers', String(count)], { cwd: dir, ...options })
  const listening = /listening on (http:\/\/127\.0\.0\.1:\d+)/
  const url = listening.exec(await command.printed(listening))![1]!
  const workers = () => childrenOf(command.child.pid!)
  await expect.poll(() => servingWorkers(command, url, count)).toBe(count)
  return {
    command,
    url,
    dir,
    workers,
    save,
    serve: (text) => command.printed(text, 20_000),
    async kill(pid = workers()[0]!) {
      process.kill(pid, 'SIGKILL')
      await expect.poll(() => workers().includes(pid)).toBe(false)
    },
    async stop() {
      command.child.kill('SIGTERM')
      expect((await command.finished).code).toBe(0)
    },
  }
}

const ASKED = /"worker":(\d+)[^\n]*"path":"\/who-serves"/g

/** How many have answered: connections go in turn to those that serve, and each logs what it is asked. */
async function servingWorkers(command: Running, url: string, count: number): Promise<number> {
  for (let i = 0; i < count; i++) await send(url, { method: 'GET', path: '/who-serves' })
  const printed = await command.printed('/who-serves')
  return new Set([...printed.matchAll(ASKED)].map(([, worker]) => worker)).size
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

/** A config of the preset `claude-code`; `code` runs when it is loaded, in the primary and in each worker. */
export const workerConfig = (accounts: readonly object[] = [], code = '') =>
  `import { defineConfig } from 'agproxy'
   ${code}
   export default defineConfig({ preset: 'claude-code', accounts: ${JSON.stringify(accounts)} })`

/** The status of a health check over a connection of its own. */
export const health = async (url: string) =>
  (await send(url, { method: 'GET', path: '/healthz', timeout: 5_000 })).status
