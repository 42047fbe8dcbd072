import type { ResolvedConfig } from '../config/resolved.js'
import { maskSecrets } from '../config/zod-schema.js'

/** Shorter texts would redact ordinary words. */
const SHORTEST = 6

/** A function that takes the config's secrets out of a text, wherever they are. Keys from functions are not known here. */
export function secretsOf({ accounts, chain, server, state }: ResolvedConfig): (text: string) => string {
  const found = new Set<string>()
  const collect = (secret: unknown) => {
    if (typeof secret !== 'string' || secret.length < SHORTEST) return
    for (const spelling of spellingsOf(secret)) found.add(spelling)
  }
  for (const { apiKey } of accounts) collect(apiKey)
  collect(server.adminKey)
  if (typeof server.https === 'object') collect(server.https.passphrase)
  for (const part of secretParts(state.url)) collect(part)
  for (const { definition, options } of chain)
    if (definition.options) maskSecrets(definition.options, options, collect)
  // Longest first: of a key that begins with another one, the rest would stay.
  const secrets = [...found].sort((a, b) => b.length - a.length)
  return (text) => secrets.reduce((t, secret) => t.replaceAll(secret, '[secret]'), text)
}

/** As it is, and as it is in a JSON text, such as a line of the log, and in a JSON text that is quoted in another. */
function spellingsOf(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1)
  return [secret, inJson, JSON.stringify(inJson).slice(1, -1)]
}

/** The user, password and query values of a URL, encoded as they are written and decoded. */
function secretParts(url: string | undefined): string[] {
  if (url === undefined) return []
  if (!URL.canParse(url)) return [url]
  const { password, username, searchParams } = new URL(url)
  return [
    password,
    decoded(password),
    ...(password ? [] : [username, decoded(username)]),
    ...searchParams.values(),
  ]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
