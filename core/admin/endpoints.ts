import type { Accounts } from '../contract/accounts.js'
import type { Endpoint } from '../contract/endpoint.js'
import { accountsReply, clearReply } from './accounts.js'

/** The operator's routes: each has its handler here, and one without does not exist. */
export function operatorEndpoints(accounts: Accounts): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/_agproxy/api/accounts',
      access: 'admin',
      handle: () => accountsReply(accounts),
    },
    {
      method: 'DELETE',
      path: '/_agproxy/api/accounts/:id/cooldowns',
      access: 'admin',
      handle: ({ params }) => clearReply(accounts, params.id!),
    },
  ]
}
