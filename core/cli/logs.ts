import { setTimeout as sleep } from 'node:timers/promises'
import { defineCommand } from 'citty'
import { wantsColours } from '../server/logger.js'
import { logRenderer } from '../server/render-log.js'
import { chooseGateway } from './choose-gateway.js'
import type { CliContext } from './context.js'
import { latestLog } from './log-folder.js'
import { LogLines } from './log-lines.js'
import { registeredGateways } from './registry.js'
import { logs as row } from './table/run.js'
import { CommandLineError, UsageError } from './usage-error.js'

const INTERVAL = 200

export const logs = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const count = Number(args.lines ?? 100)
    if (!Number.isInteger(count) || count < 0)
      throw new CommandLineError(`--lines takes a whole number, not '${args.lines}'`)
    const file = fileOf(context, args.which)
    const render = args.json ? whole : logRenderer(wantsColours(process.stdout.isTTY))
    const show = (line: string) => context.out(render(line))
    const reader = new LogLines(file)
    for (const line of count === 0 ? reader.skip() : reader.last(count)) show(line)
    if (!args.follow) return 0
    for (;;) {
      for (const line of reader.more()) show(line)
      await sleep(INTERVAL)
    }
  },
})

const whole = (line: string) => (line.endsWith('\n') ? line : `${line}\n`)

function fileOf({ env, err }: CliContext, which: string | undefined): string {
  if (which === undefined && registeredGateways(env).every(({ log }) => log === null)) {
    const latest = latestLog(env)
    if (latest === undefined)
      throw new UsageError('there is no log: a gateway of agproxy start logs where it was started')
    err(`agproxy: no gateway with a log runs; this is the last one's, ${latest}\n`)
    return latest
  }
  const { log, pid, url } = chooseGateway(env, which)
  if (log === null)
    throw new UsageError(`${url} (pid ${pid}) logs where it was started; agproxy start -d logs to a file`)
  return log
}
