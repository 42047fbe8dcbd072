import { resolve } from 'node:path'
import { defineCommand } from 'citty'
import type { CliContext } from './context.js'
import { startReplay } from './replay-server.js'
import { replay as row } from './table/run.js'
import { CommandLineError, UsageError } from './usage-error.js'

export const replay = defineCommand({
  ...row,
  async run({ args, data }) {
    const { cwd, out } = data as CliContext
    const { dir, host = '127.0.0.1', port = '0' } = args
    if (!dir) throw new CommandLineError('name the folder: agproxy replay DIR')
    if (!/^\d{1,5}$/.test(port)) throw new CommandLineError(`--port wants a number, not '${port}'`)
    const server = await startReplay({
      dir: resolve(cwd, dir),
      host,
      port: Number(port),
      timing: args['at-once'] ? 'at-once' : 'recorded',
      told: (line) => out(`${line}\n`),
    }).catch((error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'there is no such folder' : error.message
      throw new UsageError(`cannot replay '${dir}': ${why}`)
    })
    const { url, answers, cassettes } = server
    out(`replaying ${answers} answers of ${cassettes} cassettes on ${url}\n`)
    out(`  gateway   AGPROXY_ANTHROPIC_BASE_URL=${url} AGPROXY_ANTHROPIC_API_KEY=any agproxy start\n`)
    out(`  client    ANTHROPIC_BASE_URL=${url}\n`)
    await new Promise<void>((stop) => {
      process.once('SIGINT', stop)
      process.once('SIGTERM', stop)
    })
    await server.close()
    return 0
  },
})
