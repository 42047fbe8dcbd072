import type { LearnedFacts } from '../contract/accepts.js'
import type { Accounts } from '../contract/accounts.js'
import type { Endpoint } from '../contract/endpoint.js'
import type { Upstreams } from '../contract/services.js'
import { Reply } from '../exchange/reply.js'
import { accountsReply, clearReply } from './accounts.js'
import { pageEndpoints } from './page.js'
import { forgetReply, upstreamsReply } from './upstreams.js'

/** What an operator sees and changes. */
export interface Operated {
  readonly accounts: Accounts
  readonly upstreams: Upstreams
  readonly learned: LearnedFacts
  /** The chain in force, in words. */
  chain(): object
}

/** The operator's routes: each has its handler here, and one without does not exist. */
export function operatorEndpoints({ accounts, upstreams, learned, chain }: Operated): readonly Endpoint[] {
  return [
    ...pageEndpoints(),
    {
      method: 'GET',
      path: '/_agproxy/api/accounts',
      access: 'admin',
      handle: () => accountsReply(accounts),
    },
    {
      method: 'GET',
      path: '/_agproxy/api/chain',
      access: 'admin',
      handle: () => Reply.json(chain()),
    },
    {
      method: 'DELETE',
      path: '/_agproxy/api/accounts/:id/cooldowns',
      access: 'admin',
      handle: ({ params }) => clearReply(accounts, params.id!),
    },
    {
      method: 'GET',
      path: '/_agproxy/api/upstreams',
      access: 'admin',
      handle: () => upstreamsReply(upstreams, learned),
    },
    {
      method: 'DELETE',
      path: '/_agproxy/api/upstreams/:name/learned',
      access: 'admin',
      handle: ({ params }) => forgetReply(upstreams, learned, params.name!),
    },
  ]
}
