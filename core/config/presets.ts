import type { Definition, PluginEntry, PluginSpec } from '../contract/plugin.js'
import type { Problem } from '../errors/config-error.js'
import { nearest } from '../errors/nearest.js'
import { isRecord } from '../json/plain.js'
import { toSpec } from '../plugin/define.js'
import { type Placed, place } from '../plugin/order.js'
import { DEFAULT_PRESET, type Preset } from './define.js'
import { describe, kindOf } from './words.js'

/** A plugin in its place, before it is known whether it is on. */
export interface Slot extends Placed {
  readonly spec: PluginSpec
  /** Who brought it: a preset's name, `use` or `upstreams`. */
  readonly from: string
}

/** Brought by the config itself, and not by a preset. */
export const isOwn = (from: string): boolean => from === 'use' || from === 'upstreams'

/** The presets that a config names (by name, as objects, or a list of both). */
export function choosePresets(
  wanted: unknown,
  known: Readonly<Record<string, Preset>>,
  path: string,
  problems: Problem[],
): Preset[] {
  const refs = Array.isArray(wanted) ? wanted : [wanted ?? DEFAULT_PRESET]
  return refs.flatMap((ref, i) => {
    const at = Array.isArray(wanted) ? `${path}.${i}` : path
    if (typeof ref === 'string') {
      if (Object.hasOwn(known, ref)) return [known[ref]!]
      const names = Object.keys(known)
      const message = `unknown preset ${describe(ref)}; known are ${names.join(', ')}${nearest(ref, names)}`
      problems.push({ code: 'AGP_CONFIG_UNKNOWN_NAME', path: at, message })
      return []
    }
    if (isPreset(ref)) return [ref]
    problems.push({
      path: at,
      message: `expected a preset's name or what definePreset returns, found ${describe(ref)}`,
    })
    return []
  })
}

function isPreset(value: unknown): value is Preset {
  return isRecord(value) && typeof value.name === 'string' && Array.isArray(value.plugins)
}

/** One chain out of several presets: a later plugin replaces the earlier one of its name in place, new ones are placed. */
export function mergePresets(presets: readonly Preset[], problems: Problem[]): Slot[] {
  let chain: Slot[] = []
  presets.forEach((preset, i) => {
    const slots = slotsOf(preset.plugins, preset.name, `preset '${preset.name}', plugins`, problems)
    if (i === 0) {
      chain = slots
      return
    }
    for (const slot of slots) {
      const at = chain.findIndex((earlier) => earlier.name === slot.name)
      if (at >= 0) chain[at] = slot
      else chain = place(chain, [slot])
    }
  })
  return chain
}

/** The plugins of a preset or of `use`; falsy entries are skipped. */
export function slotsOf(
  entries: readonly PluginEntry[],
  from: string,
  path: string,
  problems: Problem[],
): Slot[] {
  return entries.flatMap((entry, i) => {
    if (!entry) return []
    const spec = toSpec(entry)
    if (spec) {
      return [{ ...placed(spec.definition), spec, from } as Slot]
    }
    const message = `expected a plugin (what definePlugin returns), found ${kindOf(entry)}`
    problems.push({ path: `${path}.${i}`, message })
    return []
  })
}

function placed(definition: Definition): Placed {
  const { name, phase } = definition
  if (definition.phase === 'upstream') return { name, phase }
  const { before, after, requires } = definition
  return {
    name,
    phase,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(requires !== undefined && { requires }),
  }
}
