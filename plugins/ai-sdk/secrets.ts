import { isRecord } from '../../core/kit.js'

/** What a setting is called that holds a credential: `secretAccessKey`, `sessionToken`, `headers: { Authorization: … }`. */
const CREDENTIAL = /key|secret|token|password|authorization|credential|cookie/i

/** The credentials in a provider's settings, which no error may quote. Of `Bearer …` the part behind the scheme. */
export function secretsIn(settings: unknown): string[] {
  if (!isRecord(settings)) return []
  return Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value !== 'string') return secretsIn(value)
    return CREDENTIAL.test(name) ? [value.replace(/^(bearer|basic) +/i, '')] : []
  })
}
