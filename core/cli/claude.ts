import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { defineCommand } from 'citty'
import type { ResolvedConfig } from '../config/resolved.js'
import { withAdminKey } from './admin-key.js'
import { clientKey, gatewayURLs } from './client.js'
import { commandFor } from './client-command.js'
import { clientEnv } from './client-env.js'
import { type CliContext, loadResolved } from './context.js'
import { listen } from './listen.js'
import { claude as row } from './table/run.js'
import { UsageError } from './usage-error.js'

export const claude = defineCommand({
  ...row,
  async run({ args, rawArgs, data }) {
    const context = data as CliContext
    const clientsOwn = { ...context.env } // before a config's .env is lent to this process
    const config = await loadResolved(args, context)
    const key = clientKey(config)
    const running = await findRunning(gatewayURLs(config.server, context.env, args), key)
    const own =
      running === undefined ? await startOwn(config, args['log-level'] !== undefined, context) : undefined
    try {
      const end = rawArgs.indexOf('--')
      const url = running ?? own!.url
      return await runClient(end < 0 ? [] : rawArgs.slice(end + 1), clientEnv(clientsOwn, url, key))
    } finally {
      await own?.close(0)
    }
  },
})

async function findRunning(urls: readonly string[], key: string): Promise<string | undefined> {
  for (const url of urls) if (await answers(url, key)) return url
  return undefined
}

/** The key goes along because in mode `strict` even the health check needs it. */
async function answers(url: string, key: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, {
      headers: { 'x-api-key': key },
      redirect: 'manual',
      signal: AbortSignal.timeout(1000),
    })
    return response.status === 200 && (await response.text()) === '{"status":"ok"}'
  } catch {
    return false
  }
}

/** A gateway for this one client, on a free port. It logs nothing unless asked: the terminal is the client's. */
async function startOwn(asked: ResolvedConfig, logs: boolean, { env, err }: CliContext) {
  const { createLogger } = await import('../server/logger.js')
  const { secretsOf } = await import('../server/redact.js')
  const server = { ...asked.server, host: '127.0.0.1', port: 0, https: false }
  const config = withAdminKey({ ...asked, server }, env)
  const level = logs ? config.log.level : 'silent'
  const logger = await createLogger({ ...config.log, level }, secretsOf(config), 2)
  const running = await listen({ config, logger })
  for (const warning of config.warnings) err(`agproxy: ${warning}\n`)
  return running
}

/** Resolves with the client's exit code; 128 + n when signal n ended it. */
function runClient(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const { file, args: words, verbatim = false } = commandFor('claude', args, env)
    const child = spawn(file, words, { stdio: 'inherit', env, windowsVerbatimArguments: verbatim })
    const forward = (signal: NodeJS.Signals) => {
      // A terminal sends Ctrl-C to both processes; a second one would make the client quit instead of stop.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    for (const signal of signals) process.on(signal, forward)
    const done = () => {
      for (const signal of signals) process.off(signal, forward)
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      done()
      reject(error.code === 'ENOENT' ? new UsageError(NOT_INSTALLED) : error)
    })
    child.once('exit', (code, signal) => {
      done()
      resolve(code ?? 128 + constants.signals[signal!])
    })
  })
}

const NOT_INSTALLED =
  "there is no 'claude' on the PATH; install Claude Code first: npm install -g @anthropic-ai/claude-code"
