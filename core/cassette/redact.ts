import { isRecord, parseJson } from '../json/plain.js'

/** A body without the id of its user. */
export function withoutUser(body: unknown): unknown {
  if (!isRecord(body) || !isRecord(body.metadata) || body.metadata.user_id === undefined) return body
  return { ...body, metadata: { ...body.metadata, user_id: '[user]' } }
}

/** Shorter ones would redact ordinary words. */
const SHORTEST = 8

/** What names the user in `metadata.user_id`: all of it, and its parts but for the session's id. */
export function namesOfUser(body: unknown): string[] {
  const id = isRecord(body) && isRecord(body.metadata) ? body.metadata.user_id : undefined
  if (typeof id !== 'string') return []
  const parsed = parseJson(id)
  const fields = isRecord(parsed)
    ? Object.entries(parsed).flatMap(([name, value]) =>
        name !== 'session_id' && typeof value === 'string' ? [value] : [],
      )
    : [...id.matchAll(/(?:^user|_account)_([\da-f-]+)/g)].map(([, part]) => part!)
  return [id, ...fields].filter((name) => name.length >= SHORTEST)
}

/** What keys look like, wherever one was pasted. */
const KEYS =
  /\bsk-[\w-]{16,}|\bgh[pousr]_\w{30,}|\bgithub_pat_\w{30,}|\bAKIA[0-9A-Z]{16}\b|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|\bBearer [\w.~+/-]{16,}=*/g

/** Takes keys and names of the user out of a JSON text: those that are known, and what looks like a key. */
export function redacted(json: string, keys: readonly string[], names: readonly string[]): string {
  let text = json
  for (const [secrets, mark] of [
    [keys, '[key]'],
    [names, '[user]'],
  ] as const)
    for (const secret of longestFirst(secrets)) text = text.replaceAll(secret, mark)
  return text.replace(KEYS, '[key]')
}

/** Each as it is, as JSON spells it, and as a JSON text within JSON does. Of one that begins with another, the rest would stay. */
function longestFirst(secrets: readonly string[]): string[] {
  const spellings = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => {
      const once = JSON.stringify(secret).slice(1, -1)
      return [secret, once, JSON.stringify(once).slice(1, -1)]
    })
  return [...new Set(spellings)].sort((a, b) => b.length - a.length)
}
