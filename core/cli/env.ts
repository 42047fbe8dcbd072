import { defineCommand } from 'citty'
import { clientKey, clientURL } from './client.js'
import { clientSettings } from './client-env.js'
import { type CliContext, configFlags, loadResolved, UsageError } from './context.js'
import { shellLines, usualShell } from './shells.js'

const { 'log-level': _, ...flags } = configFlags

export const env = defineCommand({
  meta: { name: 'env', description: 'Print the shell lines that point Claude Code at the gateway' },
  args: {
    ...flags,
    shell: {
      type: 'string',
      valueHint: 'name',
      description: 'sh, bash, zsh, fish, powershell, pwsh or cmd; by default sh, on Windows powershell',
    },
  },
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
