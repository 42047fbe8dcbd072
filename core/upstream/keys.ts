import type { Account } from '../contract/upstream.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { maskUnknown } from '../exchange/mask-key.js'
import { cleanKey, faultOfKey } from './key-text.js'

/**
 * An account's key; a function is asked each time, for keys that are refreshed. A function that fails, or returns what no
 * header can carry, rejects with an UpstreamError that names the account; the function's own words are its `detail`.
 */
export function keyOf(account: Account): string | undefined | Promise<string | undefined> {
  return typeof account.apiKey === 'function' ? asked(account.id, account.apiKey) : account.apiKey
}

async function asked(id: string, apiKey: () => unknown): Promise<string> {
  const who = `the apiKey function of account '${id}'`
  let given: unknown
  try {
    given = await apiKey()
  } catch (cause) {
    const detail = maskUnknown(cause instanceof Error ? cause.message : String(cause))
    throw new UpstreamError('connect', `${who} failed`, { cause, detail })
  }
  if (typeof given !== 'string') throw new UpstreamError('connect', `${who} returned no text`)
  const { key } = cleanKey(given)
  const fault = key === '' ? 'is empty' : faultOfKey(key) && `has ${faultOfKey(key)}`
  if (fault) throw new UpstreamError('connect', `${who} returned a key that ${fault}`)
  return key
}
