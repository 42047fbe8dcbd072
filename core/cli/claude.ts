import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { defineCommand } from 'citty'
import type { ResolvedConfig } from '../config/resolved.js'
import { clientKey } from './client.js'
import { commandFor, isOnPath } from './client-command.js'
import { clientEnv } from './client-env.js'
import { extraArgs } from './client-extras.js'
import { type CliContext, loadResolved } from './context.js'
import { answers, gatewayURLs } from './find-gateway.js'
import type { ConfigArgs } from './flags.js'
import { modelsAt, type RegisteredGateway, registeredGateways } from './registry.js'
import { factsOf } from './served.js'
import { type SessionGateway, startForSession } from './session-gateway.js'
import { claude as row } from './table/run.js'
import { watchTerminal } from './terminal.js'
import { UsageError } from './usage-error.js'

export const claude = defineCommand({
  ...row,
  async run({ args, rawArgs, data }) {
    const context = data as CliContext
    const clientsOwn = { ...context.env } // before a config's .env is lent to this process
    const config = await loadResolved(args, context)
    if (!isOnPath('claude', clientsOwn)) throw new UsageError(NOT_INSTALLED) // before a gateway is started for it
    const key = clientKey(config)
    const found = await findRunning(args, config, key, context)
    const own = found === undefined ? await startForSession(args, config, context) : undefined
    try {
      const end = rawArgs.indexOf('--')
      const words = end < 0 ? [] : rawArgs.slice(end + 1)
      const url = found ?? own!.url
      const extras = {
        statusline: !rawArgs.slice(0, end < 0 ? undefined : end).includes('--no-statusline'),
        mcp: args.mcp === true,
      }
      words.unshift(...extraArgs(words, extras, clientsOwn, context.cwd))
      return await runClient(words, clientEnv(clientsOwn, url, key, modelsAt(url, context.env)), own)
    } finally {
      await own?.close()
    }
  },
})

/**
 * The gateway to use, told in one line; undefined when this session wants one of its own. A gateway that another session started ends with
 * that one. A config or a preset that was named is obeyed: no gateway with another one is used.
 */
async function findRunning(
  args: ConfigArgs,
  config: ResolvedConfig,
  key: string,
  { env, err }: CliContext,
): Promise<string | undefined> {
  const registered = registeredGateways(env)
  const bySession = new Set(registered.filter(({ by }) => by === 'claude').map(({ url }) => url))
  const isOther = (gateway: RegisteredGateway | undefined) =>
    args.preset !== undefined || (args.config !== undefined && gateway?.config !== config.file)
  for (const url of gatewayURLs(config, env, args)) {
    if (bySession.has(url) || !(await answers(url, key))) continue
    const gateway = registered.find((each) => each.url === url)
    if (isOther(gateway)) {
      const has = gateway ? `config ${gateway.config ?? 'none'}` : 'a config that is not known'
      err(`agproxy: the gateway at ${url} has ${has}, so this session gets one of its own\n`)
      return undefined
    }
    err(`agproxy: uses the gateway at ${url}${gateway ? `; ${factsOf(gateway)}` : ''}\n`)
    return url
  }
  return undefined
}

/** Resolves with the client's exit code; 128 + n when signal n ended it. */
function runClient(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  own: SessionGateway | undefined,
): Promise<number> {
  const terminalClosed = watchTerminal()
  return new Promise((resolve, reject) => {
    const { file, args: words, verbatim = false } = commandFor('claude', args, env)
    const child = spawn(file, words, { stdio: 'inherit', env, windowsVerbatimArguments: verbatim })
    const forward = (signal: NodeJS.Signals) => {
      // A terminal sends Ctrl-C to both processes; a second one would make the client quit instead of stop.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      if (signal === 'SIGHUP' && own && !terminalClosed()) own.reload()
      else child.kill(signal)
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
