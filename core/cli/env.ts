import { defineCommand } from 'citty'
import { clientKey, clientURL } from './client.js'
import { type CliContext, configFlags, loadResolved, UsageError } from './context.js'

const { 'log-level': _, ...args } = configFlags

export const env = defineCommand({
  meta: { name: 'env', description: 'Print the shell lines that point Claude Code at the gateway' },
  args,
  async run({ args, data }) {
    const context = data as CliContext
    const config = await loadResolved(args, context)
    if (config.server.port === 0) {
      throw new UsageError('the port is 0, so each start takes another one; name the one in use with --port')
    }
    context.out(`export ANTHROPIC_BASE_URL=${quoted(clientURL(config.server))}\n`)
    context.out(`export ANTHROPIC_AUTH_TOKEN=${quoted(clientKey(config))}\n`)
  },
})

/** For a POSIX shell; plain words stay as they are. */
function quoted(text: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
