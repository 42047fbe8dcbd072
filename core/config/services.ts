import type { ServiceFactories } from '../contract/services.js'
import type { Problem } from '../errors/config-error.js'
import { isRecord } from '../json/plain.js'
import { REPLACEABLE } from '../plugin/services.js'
import type { Preset } from './define.js'
import type { ResolvedServices } from './resolved.js'
import { describe, kindOf } from './words.js'
import { unknownName } from './zod-problems.js'

/** The factories of the presets and of the config, the last one of each name. */
export function resolveServices(
  presets: readonly Preset[],
  own: unknown,
  problems: Problem[],
): ResolvedServices {
  const layers = [
    ...presets.map(({ name, services }) => ({
      services,
      from: `preset ${name}`,
      path: `services (in preset '${name}')`,
    })),
    { services: own, from: 'config', path: 'services' },
  ]
  return Object.assign({}, ...layers.map(({ services, from, path }) => read(services, from, path, problems)))
}

function read(services: unknown, from: string, path: string, problems: Problem[]): object {
  if (services === undefined) return {}
  if (!isRecord(services)) {
    problems.push({ path, message: `expected an object of factories, found ${kindOf(services)}` })
    return {}
  }
  const found = Object.entries(services).flatMap(([name, create]) => {
    if (create === undefined) return []
    const at = path.replace('services', `services.${name}`)
    if (!REPLACEABLE.includes(name as keyof ServiceFactories))
      problems.push({
        code: 'AGP_CONFIG_UNKNOWN_NAME',
        path: at,
        message: unknownName('service', name, REPLACEABLE),
      })
    else if (typeof create !== 'function')
      problems.push({
        path: at,
        message: `expected a function that returns the service, found ${describe(create)}`,
      })
    else return [[name, { create, from }] as const]
    return []
  })
  return Object.fromEntries(found)
}
