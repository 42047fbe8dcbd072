import { z } from 'zod'
import type { Problem } from '../errors/config-error.js'
import { isRecord } from '../json/plain.js'
import { checkOrder } from '../plugin/order.js'
import { configLayer, envLayer, type Layer, resolveSection, textsUnder } from './layers.js'
import { isOwn, type Slot } from './presets.js'
import type { ResolvedPlugin } from './resolved.js'
import { pathOf, withShortForms } from './short-forms.js'
import { kindOf } from './words.js'
import { unknownName } from './zod-problems.js'

const NO_OPTIONS = z.strictObject({})

/** The plugins that are on, with their options, as the config's `plugins` and its short forms have them. */
export function resolvePlugins(
  slots: readonly Slot[],
  config: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  problems: Problem[],
  texts?: ReadonlySet<string>,
): { chain: ResolvedPlugin[]; off: string[] } {
  const byName = withShortForms(config, settingsOf(slots, config.plugins, problems), slots, problems)
  const off = slots.filter((slot) => isOff(slot, byName[slot.name], env)).map((slot) => slot.name)
  const on = slots.filter((slot) => !off.includes(slot.name))
  problems.push(...checkOrder(on, off))
  const chain = on.flatMap((slot) =>
    resolvePlugin(slot, byName[slot.name], pathOf(config, slot.name), env, problems, texts),
  )
  return { chain, off }
}

function isOff(
  { spec: { definition, options }, from }: Slot,
  setting: unknown,
  env: NodeJS.ProcessEnv,
): boolean {
  if (setting !== undefined) return setting === false
  if (definition.phase === 'upstream' || !definition.optIn || isOwn(from) || options !== undefined)
    return false
  return !Object.values(definition.env ?? {}).some((variable) => env[variable])
}

function settingsOf(slots: readonly Slot[], settings: unknown, problems: Problem[]): Record<string, unknown> {
  if (settings === undefined) return {}
  if (!isRecord(settings)) {
    problems.push({ path: 'plugins', message: `expected an object, found ${kindOf(settings)}` })
    return {}
  }
  const names = [...new Set(slots.map((slot) => slot.name))]
  for (const name of Object.keys(settings)) {
    if (!names.includes(name)) {
      problems.push({
        code: 'AGP_CONFIG_UNKNOWN_NAME',
        path: `plugins.${name}`,
        message: unknownName('plugin', name, names),
      })
    }
  }
  return settings
}

/** Preset, then environment, then `use`, then `plugins`: what the config says wins over the environment. */
function resolvePlugin(
  slot: Slot,
  setting: unknown,
  path: string,
  env: NodeJS.ProcessEnv,
  problems: Problem[],
  texts: ReadonlySet<string> | undefined,
): ResolvedPlugin[] {
  const { definition } = slot.spec
  const schema = definition.options ?? NO_OPTIONS
  if (setting !== undefined && setting !== true && !isRecord(setting)) {
    // By its kind alone: a text in place of options may be the upstream's key.
    problems.push({ path, message: `expected options, true or false, found ${kindOf(setting)}` })
    return []
  }
  const own = isOwn(slot.from)
  const brought = broughtLayer(slot, problems)
  const fromEnv = definition.options
    ? envLayer(definition.env ?? {}, env, schema)
    : { origin: 'env', values: {} }
  const values = isRecord(setting) ? setting : {}
  const config: Layer = { origin: 'config', values, texts: textsUnder(path, values, texts) }
  const order = own ? [fromEnv, brought, config] : [brought, fromEnv, config]
  const section = resolveSection(path, schema, order as Layer[], problems)
  if (!section) return []
  const options = definition.options ? section.value : undefined
  return [{ definition, options, origins: section.origins, from: slot.from }]
}

/** The options given to a plugin at its place in `use` or in a preset's list. */
function broughtLayer({ name, spec, from }: Slot, problems: Problem[]): Layer {
  const own = isOwn(from)
  const where = own ? `(in ${from})` : `(in preset '${from}')`
  const layer = configLayer(`${name} ${where}`, spec.options, problems, own ? 'config' : 'preset')
  const labels = Object.keys(layer.values).map((key) => [key, `${name}.${key} ${where}`])
  return { ...layer, labels: Object.fromEntries(labels) }
}
