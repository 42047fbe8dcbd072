import type { Accounts } from '../contract/accounts.js'
import { headerText } from '../exchange/headers.js'
import { FORWARDED_ROUTES } from '../plugin/routes.js'
import type { Link } from './link.js'

/** One attempt on the first account that can serve: the chain's dispatcher when `retry-rotate` is switched off. */
export function dispatchOnce(accounts: Accounts): Link {
  return {
    name: 'dispatch',
    phase: 'dispatch',
    routes: FORWARDED_ROUTES,
    plugin: {
      async handle(call, next) {
        const lease = await accounts.acquire(accounts.request(call))
        if (!lease) throw accounts.exhausted(call)
        const { target } = lease
        const { account, upstream, model } = target
        const { facts } = call.record
        facts.upstream = upstream.name
        facts.account = account.id
        facts.attempts = 1
        const asked = facts.model ?? call.model
        const other = model ?? (call.model === asked ? undefined : call.model)
        facts.mappedModel = other
        const named = model === undefined ? call : call.set({ model })
        try {
          const reply = await next(named.with({ target }))
          const mapped = other !== undefined && { 'x-mapped-model': headerText(other) }
          const headers = { 'x-account-email': account.email ?? account.id, ...mapped, ...reply.headers }
          return lease.hold(reply.with({ headers }))
        } catch (error) {
          lease.release()
          throw error
        }
      },
    },
  }
}
