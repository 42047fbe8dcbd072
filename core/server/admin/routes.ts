import type { CallHead } from '../../call.js'
import type { AccountPool } from '../../pool/pool.js'
import type { Reply } from '../../reply.js'
import { accountsReply, clearReply } from './accounts.js'

/** Answers a route of the operator's. */
export function administer({ route, params }: CallHead, pool: AccountPool): Reply {
  if (route === 'account-rests') return clearReply(pool, params.id ?? '')
  return accountsReply(pool)
}
