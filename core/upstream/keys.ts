import type { Account } from '../contract/upstream.js'

/** An account's key; a function is asked each time, for keys that are refreshed. Its failure is a rejection. */
export function keyOf(account: Account): string | undefined | Promise<string | undefined> {
  const { apiKey } = account
  return typeof apiKey === 'function' ? asked(apiKey) : apiKey
}

async function asked(
  apiKey: Extract<Account['apiKey'], (...args: never[]) => unknown>,
): Promise<string | undefined> {
  return apiKey()
}
