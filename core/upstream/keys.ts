import type { Account } from './types.js'

/** An account's key; a function is asked each time, for keys that are refreshed. */
export async function keyOf(account: Account): Promise<string | undefined> {
  return typeof account.apiKey === 'function' ? account.apiKey() : account.apiKey
}
