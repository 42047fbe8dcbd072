import type { Account } from '../contract/upstream.js'
import { isRecord } from '../json/plain.js'
import { isOwn } from './presets.js'
import type { Origins, ResolvedConfig, ResolvedPlugin } from './resolved.js'
import { logSchema, serverSchema, stateSchema, transportSchema } from './schema.js'
import { isName, looksLikeKey, withoutCredentials } from './words.js'
import { maskSecrets, type Schema } from './zod-schema.js'

/** The config in force as readable text, secrets masked: what `agproxy check` prints. `changed`: without what is as it comes. */
export function printConfig(config: ResolvedConfig, which: 'all' | 'changed' = 'all'): string {
  const { accounts, server, log, state, transport, origins } = config
  const section = (title: string, schema: Schema, value: object, from: Origins) => {
    const rows = optionRows(maskSecrets(schema, value, hide), from, which)
    return rows.length > 0 ? [heading(title, rows)] : []
  }
  const services = Object.entries(config.services).map(([name, { from }]) => [name, 'replaced', from])
  const sections = [
    table([
      ['config', config.file ?? 'none found, defaults in force'],
      ['preset', config.presets.join(', ')],
    ]),
    ...section('server', serverSchema, server, origins.server),
    ...section('log', logSchema, log, origins.log),
    ...section('state', stateSchema, state, origins.state),
    ...section('transport', transportSchema, transport, origins.transport),
    heading(
      accounts.length > 0 ? `accounts (from ${config.accountsFrom})` : 'accounts',
      accounts.map(accountRow),
      'none',
    ),
    ['chain', ...config.chain.flatMap((plugin, i) => pluginLines(plugin, i, which))].join('\n'),
    ...(services.length > 0 ? [heading('services', services)] : []),
    ...(config.off.length > 0 ? [heading('off', [[config.off.join(', ')]])] : []),
    ...(config.warnings.length > 0
      ? [
          heading(
            'warnings',
            config.warnings.map((w) => [w]),
          ),
        ]
      : []),
  ]
  return `${sections.join('\n\n')}\n`
}

/** Shows that a key is set and, of a long one, enough to tell it from another. */
export function maskKey(key: string): string {
  return key.length >= 12 ? `••••${key.slice(-4)}` : '••••'
}

export function hide(secret: unknown): unknown {
  if (typeof secret === 'string') return maskKey(secret)
  return typeof secret === 'function' ? secret : '••••'
}

function accountRow(account: Account): string[] {
  const { id, upstream, apiKey, ...rest } = account
  const key = apiKey === undefined ? 'no key' : `key ${format(hide(apiKey))}`
  // A key in their place; an id that was not given is made of the upstream's name.
  const misplaced = !isName(upstream)
  const shownId = looksLikeKey(id) || (misplaced && id.startsWith(upstream)) ? '••••' : id
  return [
    shownId,
    misplaced ? '••••' : upstream,
    key,
    ...Object.entries(rest).map(([name, value]) => `${name} ${format(value)}`),
  ]
}

function pluginLines(
  { definition, options, origins, from }: ResolvedPlugin,
  i: number,
  which: 'all' | 'changed',
): string[] {
  const head = `${String(i + 1).padStart(4)}. ${definition.name}  (${definition.phase === 'upstream' ? 'upstream' : `phase ${definition.phase}`}, from ${isOwn(from) ? from : `preset ${from}`})`
  if (!definition.options) return [head]
  const shown = maskSecrets(definition.options, options, hide)
  return [
    head,
    ...table(optionRows(shown, origins, which), 8)
      .split('\n')
      .filter(Boolean),
  ]
}

function optionRows(value: unknown, origins: Origins, which: 'all' | 'changed'): string[][] {
  if (!isRecord(value)) return value === undefined ? [] : [[format(value)]]
  return Object.entries(value)
    .filter(([name, v]) => v !== undefined && (which === 'all' || (origins[name] ?? 'default') !== 'default'))
    .map(([name, v]) => [name, format(v), origins[name] ?? 'default'])
}

function format(value: unknown): string {
  if (typeof value === 'string') return withoutCredentials(value)
  if (typeof value === 'function') return 'a function'
  if (value instanceof RegExp) return String(value)
  if (Array.isArray(value)) return `[${value.map(format).join(', ')}]`
  if (isRecord(value)) {
    const parts = Object.entries(value).map(([key, v]) => `${key}: ${format(v)}`)
    return parts.length > 0 ? `{ ${parts.join(', ')} }` : '{}'
  }
  return String(value)
}

/** A title with a table under it. */
export function heading(title: string, rows: readonly (readonly string[])[], empty = ''): string {
  const body = rows.length > 0 ? table(rows, 2) : empty && `  ${empty}`
  return [title, body].filter(Boolean).join('\n')
}

/** Columns, each as wide as its widest cell but no wider than 48, so that one long value doesn't push the rest away. */
function table(rows: readonly (readonly string[])[], indent = 0): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.min(48, Math.max(widths[i] ?? 0, cell.length))
    })
  }
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')
  return rows.map((row) => ' '.repeat(indent) + line(row).trimEnd()).join('\n')
}
