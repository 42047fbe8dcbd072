import cluster from 'node:cluster'
import { defineCommand } from 'citty'
import type { ResolvedConfig } from '../config/resolved.js'
import { LOG_FILE } from '../server/logger.js'
import type { RunningGateway } from '../server/start.js'
import { withAdminKey } from './admin-key.js'
import { announce } from './announce.js'
import { type CliContext, loadResolved } from './context.js'
import { type Controls, fromPrimary, fromSignals } from './controls.js'
import type { ConfigArgs } from './flags.js'
import { openGateway } from './open-gateway.js'
import { start as row } from './table/run.js'

type StartArgs = ConfigArgs & {
  readonly verbose?: boolean | undefined
  readonly workers?: string | undefined
  readonly detach?: boolean | undefined
}

export const start = defineCommand({
  ...row,
  run: ({ args, data }) => runGateway(args, data as CliContext),
})

/** Runs a gateway until it is stopped. Returns the exit code. */
export async function runGateway(args: StartArgs, context: CliContext): Promise<number> {
  const environment = { ...context.env } // before a config's .env is lent to this process
  const controls = cluster.isWorker ? fromPrimary() : fromSignals()
  const level = args.verbose ? { 'log-level': args['log-level'] ?? 'debug' } : {}
  const ownArgs = { ...args, ...level, port: process.env.AGPROXY_WORKER_PORT ?? args.port }
  const load = async () => withAdminKey(await loadResolved(ownArgs, context, 'project'), context.env)
  const config = await load()
  if (args.detach) return (await import('./detach.js')).detach(args, config, { ...context, env: environment })
  if (cluster.isWorker || args.workers === undefined) return serve(config, load, context, controls)
  const { runWorkers, workerCount } = await import('./workers.js')
  const count = workerCount(args.workers)
  return count > 1 ? runWorkers(count, config, context, controls) : serve(config, load, context, controls)
}

async function serve(
  config: ResolvedConfig,
  load: () => Promise<ResolvedConfig>,
  context: CliContext,
  controls: Controls,
): Promise<number> {
  // Through the primary, unless the config says where state is shared.
  const isShared = config.state.url !== undefined || config.services.state !== undefined
  const store = cluster.isWorker && !isShared ? (await import('./workers.js')).workerStore() : undefined
  let stopped: Promise<number> | undefined
  const running = await openGateway({
    ...{ config, load, context, controls, by: 'start', log: process.env[LOG_FILE] },
    ...(store && { store }),
    registers: !cluster.isWorker, // the primary does
    // Before anything is printed: a script that waits for the URL may send a signal the moment it is there.
    onListening: (listening) => {
      stopped = untilStopped(listening, controls)
    },
  })
  if (!cluster.isWorker || process.env.AGPROXY_WORKER_ANNOUNCES) announce(running, config, context)
  const release = cluster.isWorker ? undefined : await keysOf(running.url, config, context)
  return stopped!.finally(() => {
    release?.()
    running.forget()
    if (process.connected) process.disconnect() // an open channel would keep the worker alive
  })
}

/** Loaded on a terminal alone: a service has no keys. */
async function keysOf(url: string, config: ResolvedConfig, context: CliContext) {
  if (!process.stdin.isTTY) return undefined
  return (await import('./gateway-keys.js')).gatewayKeys(url, config, context)
}

/** The first signal lets running requests finish, the second cuts them. Either way the exit code is 0. */
function untilStopped(running: RunningGateway, controls: Controls): Promise<number> {
  return new Promise((resolve, reject) => {
    let stopping = false
    controls.onStop((why) => {
      if (stopping) {
        running.logger.info(`${why} again: cutting what still runs`)
        running.cut()
        return
      }
      stopping = true
      running.logger.info(`${why}: stopping; running requests may finish, a second signal cuts them`)
      running.close().then(() => resolve(0), reject)
    })
  })
}
