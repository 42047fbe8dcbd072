import type { AccountPool } from '../accounts/pool.js'
import type { CallHead } from '../exchange/call.js'
import type { Reply } from '../exchange/reply.js'
import { accountsReply, clearReply } from './accounts.js'

/** Answers a route of the operator's. */
export function administer({ route, params }: CallHead, pool: AccountPool): Reply {
  if (route === 'account-cooldowns') return clearReply(pool, params.id ?? '')
  return accountsReply(pool)
}
