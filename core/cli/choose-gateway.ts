import { type RegisteredGateway, registeredGateways } from './registry.js'
import { UsageError } from './usage-error.js'

const portOf = ({ url }: RegisteredGateway) => new URL(url).port

/**
 * The gateway that a command means: by its port or pid, else the only one of `agproxy start`, else the only one. An error lists what there
 * is.
 */
export function chooseGateway(env: NodeJS.ProcessEnv, which: string | undefined): RegisteredGateway {
  const all = registeredGateways(env)
  const choice = all.map((gateway) => `${portOf(gateway)} (pid ${gateway.pid}, ${gateway.by})`).join(', ')
  if (all.length === 0) throw new UsageError('no gateway of this user runs; agproxy start -d starts one')
  if (which !== undefined) {
    const found = all.find((gateway) => portOf(gateway) === which || String(gateway.pid) === which)
    if (found) return found
    throw new UsageError(`no gateway with port or pid ${which}; there are ${choice}`)
  }
  const started = all.filter(({ by }) => by === 'start')
  const [only, another] = started.length > 0 ? started : all
  if (another) throw new UsageError(`several gateways run; name one by its port: ${choice}`)
  return only!
}
