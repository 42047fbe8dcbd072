import { spawn } from 'node:child_process'
import { closeSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ResolvedConfig } from '../config/resolved.js'
import { LogFile } from '../server/log-file.js'
import { LOG_FILE } from '../server/logger.js'
import type { CliContext } from './context.js'
import type { ConfigArgs } from './flags.js'
import { servedAlready } from './listen.js'
import { logOfPort } from './log-folder.js'
import { registeredGateways } from './registry.js'
import { UsageError } from './usage-error.js'

type Args = ConfigArgs & { readonly verbose?: boolean | undefined; readonly workers?: string | undefined }

/** Milliseconds that the gateway has until it answers. */
const LIMIT = 60_000
const INTERVAL = 50
/** Characters of what it said before it ended. */
const MOST_WORDS = 4_000

/**
 * glibc gives a block of the system's own to what has 1 MB or more, and gives it back; without this it learns from the first one that it frees to
 * keep all up to 32 MB, so that 340 MB of 410 stayed after 200 bodies of 2 MB. Other systems do not read it.
 */
const RETURNS_MEMORY = { MALLOC_MMAP_THRESHOLD_: '1048576' }

/** Starts this same command in the background, in a session of its own, with its log in the state folder. Resolves once it answers. */
export async function detach(args: Args, config: ResolvedConfig, context: CliContext): Promise<number> {
  const { env, out } = context
  const { port } = config.server
  const there = port === 0 ? undefined : servedAlready(config.server, env)
  if (there) throw there
  const log = logOfPort(env, port)
  const fd = new LogFile(log).fd()
  const before = statSync(log).size
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, 'start', ...wordsOf(args)], {
    cwd: context.cwd,
    env: { ...RETURNS_MEMORY, ...env, [LOG_FILE]: log },
    stdio: ['ignore', 'ignore', fd],
    detached: true,
    windowsHide: true,
  })
  closeSync(fd)
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new UsageError(saidSince(log, before))))
  })
  const gateway = await Promise.race([ended, untilRegistered(child.pid!, env)])
  child.removeAllListeners('exit')
  child.unref()
  out(
    `agproxy ${gateway.version} listening on ${gateway.url}\n` +
      `  ${'pid'.padEnd(10)}${gateway.pid}\n  ${'config'.padEnd(10)}${gateway.config ?? 'none found, defaults in force'}\n` +
      `  ${'log'.padEnd(10)}${log} (agproxy logs -f)\n  ${'ends with'.padEnd(10)}agproxy stop\n`,
  )
  return 0
}

/** The flags that it was started with, apart from the one that put it into the background. */
function wordsOf({ verbose, workers, ...args }: Args): string[] {
  const { config, host, port, preset, 'log-level': level } = args
  const named = { config, host, port, preset, 'log-level': level, workers }
  const words = Object.entries(named).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  )
  return verbose ? [...words, '--verbose'] : words
}

async function untilRegistered(pid: number, env: NodeJS.ProcessEnv) {
  for (let waited = 0; waited < LIMIT; waited += INTERVAL) {
    const found = registeredGateways(env).find((gateway) => gateway.pid === pid)
    if (found) return found
    await sleep(INTERVAL)
  }
  throw new UsageError(`pid ${pid} does not answer after ${LIMIT / 1000} s; agproxy logs shows what it did`)
}

/** What it wrote before it ended, without the name that is put before each message. */
function saidSince(log: string, size: number): string {
  const said = readFileSync(log).subarray(size).toString().trim().slice(0, MOST_WORDS)
  return said.replace(/^agproxy: /, '') || 'the gateway ended and did not say why'
}
