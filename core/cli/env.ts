import { defineCommand } from 'citty'
import type { ResolvedConfig } from '../config/resolved.js'
import { isLoopback } from '../exchange/loopback.js'
import { type Address, clientKey, clientURL } from './client.js'
import { clientSettings } from './client-env.js'
import { type CliContext, loadResolved } from './context.js'
import { answers } from './find-gateway.js'
import { ownName } from './own-name.js'
import { modelsAt, registeredGateways } from './registry.js'
import { shellLines, usualShell } from './shells.js'
import { env as row } from './table/run.js'
import { UsageError } from './usage-error.js'

export const env = defineCommand({
  ...row,
  async run({ args, data }) {
    const { cwd, env, out, err } = data as CliContext
    const own = ownName(cwd, env)
    const config = await loadResolved(args, data as CliContext)
    const running = runningURL(config, env, args)
    if (running === undefined && config.server.port === 0) {
      throw new UsageError('the port is 0, so each start takes another one; name the one in use with --port')
    }
    const url = running ?? clientURL(config.server)
    const key = clientKey(config)
    const settings = clientSettings(env, url, key, modelsAt(url, env))
    out(shellLines(settings, args.shell ?? usualShell(process.platform, env)))
    // Exit code 0 all the same: shell profiles have it, and the gateway may start later.
    if (isLoopback(new URL(url).hostname) && !(await answers(url, key)))
      err(
        `agproxy: no gateway answers at ${url} with this key; ${own} start -d starts one, ${own} doctor says more\n`,
      )
  },
})

/** Where this user's gateway runs, unless flags or the environment name an address; a session's own ends with it. */
function runningURL({ file }: ResolvedConfig, env: NodeJS.ProcessEnv, flags: Address): string | undefined {
  if (flags.host ?? flags.port ?? env.AGPROXY_HOST ?? env.AGPROXY_PORT) return undefined
  const started = registeredGateways(env).filter(({ by }) => by === 'start')
  return (started.find(({ config }) => config === (file ?? null)) ?? started[0])?.url
}
