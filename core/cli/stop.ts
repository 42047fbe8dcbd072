import { setTimeout as sleep } from 'node:timers/promises'
import { defineCommand } from 'citty'
import { chooseGateway } from './choose-gateway.js'
import type { CliContext } from './context.js'
import { birthOf } from './process-birth.js'
import { stop as row } from './table/run.js'
import { UsageError } from './usage-error.js'

/** Milliseconds: `server.shutdownTimeout` is 30 s by default. */
const LIMIT = 60_000
const INTERVAL = 50
/** After this the user is told what it waits for. */
const SILENT = 3_000

export const stop = defineCommand({
  ...row,
  async run({ args, data }) {
    const { env, out } = data as CliContext
    const { pid, url } = chooseGateway(env, args.which)
    const birth = birthOf(pid)
    process.kill(pid, 'SIGTERM')
    for (let waited = 0; waited < LIMIT; waited += INTERVAL) {
      if (birthOf(pid) !== birth) {
        out(`${url} (pid ${pid}) has stopped\n`)
        return 0
      }
      if (waited === SILENT) out('running requests may finish; agproxy stop once more cuts them\n')
      await sleep(INTERVAL)
    }
    throw new UsageError(`pid ${pid} still runs after ${LIMIT / 1000} s; kill ${pid} cuts its requests`)
  },
})
