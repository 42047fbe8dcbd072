import type { ResolvedConfig } from '../config/resolved.js'
import { maskSecrets } from '../config/zod-schema.js'
import { needlesOf, withoutSecrets } from '../exchange/spellings.js'

/** Shorter texts would redact ordinary words. */
const SHORTEST = 6

/** From here on a secret is looked for in base64 too. */
const LONG = 8

/**
 * A function that takes the config's secrets out of a text, wherever they are and however a line of the log, a JSON text in it or a
 * URL spells them. Keys from functions are not known here.
 */
export function secretsOf({ accounts, chain, server, state }: ResolvedConfig): (text: string) => string {
  const found = new Set<string>()
  const collect = (secret: unknown) => {
    if (typeof secret === 'string' && secret.length >= SHORTEST) found.add(secret)
  }
  for (const { apiKey } of accounts) collect(apiKey)
  collect(server.adminKey)
  if (typeof server.https === 'object') collect(server.https.passphrase)
  for (const part of secretParts(state.url)) collect(part)
  for (const { definition, options } of chain)
    if (definition.options) maskSecrets(definition.options, options, collect)
  const needles = [...found].flatMap((secret) =>
    needlesOf(secret, 'anywhere').filter(({ as }) => as !== 'base64' || secret.length >= LONG),
  )
  return (text) => withoutSecrets(text, needles, '[secret]')
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
