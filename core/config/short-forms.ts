import type { Problem } from '../errors/config-error.js'
import { unknownName } from './zod-problems.js'

/** Plugins whose options may stand at the top level of a config: `metrics: {…}` for `plugins: { metrics: {…} }`. */
export const SHORT_FORMS = ['trace', 'record', 'ledger', 'budgets', 'metrics'] as const

type ShortForm = (typeof SHORT_FORMS)[number]

/** Those that may be a text, and the option that it is: `record: './cassettes'`. */
export const TEXT_FORMS = { record: 'dir' } as const satisfies Partial<Record<ShortForm, string>>

type TextForm = keyof typeof TEXT_FORMS

/** The settings of a config's `plugins` with those of its short forms. */
export function withShortForms(
  config: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>>,
  slots: readonly { readonly name: string }[],
  problems: Problem[],
): Readonly<Record<string, unknown>> {
  const all: Record<string, unknown> = { ...settings }
  for (const name of SHORT_FORMS) {
    const setting = config[name]
    if (setting === undefined) continue
    const names = [...new Set(slots.map((slot) => slot.name))]
    if (!names.includes(name)) {
      const message = `${unknownName('plugin', name, names)}; '${name}' at the top level stands for plugins.${name}`
      problems.push({ code: 'AGP_CONFIG_UNKNOWN_NAME', path: name, message })
    } else if (settings[name] !== undefined)
      problems.push({ path: name, message: `is set here and in plugins.${name}; keep one of the two` })
    else
      all[name] =
        typeof setting === 'string' && name in TEXT_FORMS
          ? { [TEXT_FORMS[name as TextForm]]: setting }
          : setting
  }
  return all
}

/** Where a config says a plugin's options. */
export function pathOf(config: Readonly<Record<string, unknown>>, name: string): string {
  const isShort = config[name] !== undefined && (SHORT_FORMS as readonly string[]).includes(name)
  return isShort ? name : `plugins.${name}`
}
