import { defineCommand } from 'citty'
import { clientKey, clientURL } from './client.js'
import { clientSettings } from './client-env.js'
import { type CliContext, loadResolved } from './context.js'
import { shellLines, usualShell } from './shells.js'
import { env as row } from './table/run.js'
import { UsageError } from './usage-error.js'

export const env = defineCommand({
  ...row,
  async run({ args, data }) {
    const { env, out } = data as CliContext
    const config = await loadResolved(args, data as CliContext)
    if (config.server.port === 0) {
      throw new UsageError('the port is 0, so each start takes another one; name the one in use with --port')
    }
    const settings = clientSettings(env, clientURL(config.server), clientKey(config))
    out(shellLines(settings, args.shell ?? usualShell(process.platform, env)))
  },
})
