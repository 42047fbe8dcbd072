import { createHash } from 'node:crypto'
import type { Account } from '../contract/upstream.js'
import type { AccountLoad } from './load.js'

/** An account as one that may serve a certain model. */
export interface Candidate {
  readonly account: Account
  /** The account's own name for the model, where its `models` give one. */
  readonly model: string | undefined
  readonly weight: number
  readonly load: AccountLoad
  /** What may rest: the account, and the account for this model. */
  readonly scopes: readonly [account: string, model: string]
}

const known = new WeakMap<Account, string>()

/**
 * The name of an account's state. It holds a print of the credential, so that a new key under an old id starts with a clean state, and
 * gateways that share their state while one has the new config and one the old don't rest each other's keys.
 */
export function stateIdOf(account: Account): string {
  let id = known.get(account)
  if (id === undefined) {
    id = printed(account)
    known.set(account, id)
  }
  return id
}

function printed({ id, upstream, baseURL = '', apiKey }: Account): string {
  const key = typeof apiKey === 'string' ? apiKey : ''
  const print = createHash('sha256').update([upstream, baseURL, key].join('\0')).digest('hex')
  return `${id}~${print.slice(0, 8)}`
}

/** A model of an account. The separator occurs in no state id, as ids are printable ASCII. */
export function modelScope(stateId: string, model: string): string {
  return `${stateId}\t${model}`
}
