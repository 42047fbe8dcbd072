import type { ResolvedConfig } from '../config/resolved.js'
import { maskSecrets } from '../config/zod-schema.js'

/** Shorter texts would redact ordinary words. */
const SHORTEST = 6

/** A function that takes the config's secrets out of a text, wherever they stand. Keys from functions are not known here. */
export function secretsOf({ accounts, chain, server, state }: ResolvedConfig): (text: string) => string {
  const found = new Set<string>()
  const collect = (secret: unknown) => {
    if (typeof secret === 'string' && secret.length >= SHORTEST) found.add(secret)
  }
  for (const { apiKey } of accounts) collect(apiKey)
  collect(server.adminKey)
  if (state.url && URL.canParse(state.url)) collect(new URL(state.url).password)
  for (const { definition, options } of chain)
    if (definition.options) maskSecrets(definition.options, options, collect)
  const secrets = [...found]
  return (text) => secrets.reduce((t, secret) => t.replaceAll(secret, '[secret]'), text)
}
