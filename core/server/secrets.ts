import type { ResolvedConfig } from '../config/resolved.js'

/** Shorter texts would redact ordinary words. */
const SHORTEST = 6

/** A function that takes the config's keys out of a text, wherever they stand. Keys from functions are not known here. */
export function secretsOf({ accounts, chain }: ResolvedConfig): (text: string) => string {
  const found = new Set<string>()
  for (const { apiKey } of accounts) if (typeof apiKey === 'string') found.add(apiKey)
  for (const { definition, options } of chain) {
    if (definition.name !== 'auth') continue
    for (const key of (options as { keys?: string[] }).keys ?? []) found.add(key)
  }
  const secrets = [...found].filter((secret) => secret.length >= SHORTEST)
  return (text) => secrets.reduce((t, secret) => t.replaceAll(secret, '[secret]'), text)
}
