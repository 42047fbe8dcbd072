import type { ResolvedConfig } from '../config/resolved.js'
import type { RunningGateway, StartOptions } from '../server/start.js'
import { clientURL } from './client.js'
import type { CliContext } from './context.js'
import type { Controls } from './controls.js'
import { listen } from './listen.js'
import { type RegisteredGateway, type Registration, register } from './registry.js'
import { reloadOnChange } from './reload.js'
import { servedModels } from './served.js'
import { version } from './version.js'

export interface GatewayOptions extends StartOptions {
  /** Reads the config anew. */
  readonly load: () => Promise<ResolvedConfig>
  readonly context: CliContext
  readonly controls: Pick<Controls, 'onReload'>
  readonly by: RegisteredGateway['by']
  /** The file that its logger writes to. */
  readonly log?: string | undefined
  /** Whether other commands find it by this process. Default: true. */
  readonly registers?: boolean
  /** Called before anything else that takes time, once it accepts requests. */
  readonly onListening?: (running: RunningGateway) => void
}

export interface OwnGateway extends RunningGateway {
  /** No more reloads, and other commands find it no more. */
  forget(): void
}

/** A gateway as `start` and `claude` run it: it follows its config, reloads on request, and this user's other commands find it. */
export async function openGateway(options: GatewayOptions): Promise<OwnGateway> {
  const { config, load, context, controls, by, registers = true } = options
  const running = await listen(options, context.env)
  options.onListening?.(running)
  let registration: Registration | undefined
  const watched: RunningGateway = {
    ...running,
    async reload(next) {
      const notes = await running.reload(next)
      registration?.update({ config: next.file ?? null, models: servedModels(running.gateway.running) })
      return notes
    },
  }
  const unwatch = reloadOnChange(watched, config.file, load, controls)
  if (registers) {
    const port = Number(new URL(running.url).port || config.server.port)
    const entry = entryOf(clientURL({ ...config.server, port }), config, by, options.log)
    const models = servedModels(running.gateway.running)
    registration = register(context.env, { ...entry, models }, (why) => running.logger.warn(why))
  }
  return {
    ...watched,
    forget() {
      unwatch()
      registration?.remove()
    },
  }
}

/** What the registry holds of a gateway. */
export function entryOf(
  url: string,
  config: ResolvedConfig,
  by: RegisteredGateway['by'],
  log: string | undefined,
): Omit<RegisteredGateway, 'pid'> {
  const startedAt = new Date().toISOString()
  return { url, config: config.file ?? null, startedAt, log: log ?? null, by, models: [], version }
}
