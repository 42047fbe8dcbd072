import { defineCommand } from 'citty'
import type { RunningGateway } from '../server/start.js'
import { announce } from './announce.js'
import { type CliContext, configFlags, loadResolved } from './context.js'
import { listen } from './listen.js'
import { reloadOnChange } from './reload.js'

export const start = defineCommand({
  meta: { name: 'start', description: 'Run the gateway (also without a command)' },
  args: configFlags,
  async run({ args, data }) {
    const context = data as CliContext
    const config = await loadResolved(args, context)
    const running = await listen({ config })
    // Before anything is printed: who waits for the URL may send a signal the moment it is there.
    const stopped = untilStopped(running)
    const unwatch = reloadOnChange(running, config.file, () => loadResolved(args, context))
    announce(running, config, context)
    return stopped.finally(unwatch)
  },
})

/** The first SIGINT or SIGTERM lets running requests finish, the second cuts them. Either way the exit code is 0. */
function untilStopped(running: RunningGateway): Promise<number> {
  return new Promise((resolve, reject) => {
    let stopping = false
    const stop = (signal: string) => {
      if (stopping) {
        running.logger.info(`${signal} again: cutting what still runs`)
        void running.close(0)
        return
      }
      stopping = true
      running.logger.info(`${signal}: stopping; running requests may finish, a second signal cuts them`)
      running.close().then(() => resolve(0), reject)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
