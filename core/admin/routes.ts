import type { Accounts } from '../contract/accounts.js'
import type { CallHead } from '../contract/call.js'
import type { Reply } from '../contract/reply.js'
import { accountsReply, clearReply } from './accounts.js'

/** Answers a route of the operator's. */
export function administer({ route, params }: CallHead, pool: Accounts): Reply {
  if (route === 'account-cooldowns') return clearReply(pool, params.id ?? '')
  return accountsReply(pool)
}
