import { hide } from './print.js'
import type { ResolvedConfig } from './resolved.js'
import { accountSchema, logSchema, serverSchema, stateSchema, transportSchema } from './schema.js'
import { looksLikeKey, withoutCredentials } from './words.js'
import { maskSecrets } from './zod-schema.js'

/** The config in force as data, secrets masked: what `agproxy check --json` prints. */
export function configAsJson(config: ResolvedConfig): object {
  const { file, presets, server, log, state, transport, accounts, chain, origins, off, warnings } = config
  return {
    config: file ?? null,
    presets,
    server: plain(maskSecrets(serverSchema, server, hide)),
    log: plain(maskSecrets(logSchema, log, hide)),
    state: plain(maskSecrets(stateSchema, state, hide)),
    transport: plain(maskSecrets(transportSchema, transport, hide)),
    origins,
    accountsFrom: config.accountsFrom,
    accounts: accounts.map((account) => plain(maskSecrets(accountSchema, account, hide))),
    chain: chain.map(({ definition, options, origins: from, from: by }) => ({
      name: definition.name,
      phase: definition.phase,
      from: by,
      options: definition.options ? plain(maskSecrets(definition.options, options, hide)) : null,
      origins: from,
    })),
    off,
    warnings,
  }
}

/** Without functions and patterns, which JSON has none of, and without what looks like a key in a wrong place. */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return looksLikeKey(value) ? '••••' : withoutCredentials(value)
  if (typeof value === 'function') return 'a function'
  if (value instanceof RegExp) return String(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
