import type { Link } from './chain.js'
import type { AccountPool } from './upstream/pool.js'

const NONE: ReadonlySet<string> = new Set()

/** One attempt on the first account that can serve: the chain's dispatcher when `retry-rotate` is switched off. */
export function dispatchOnce(pool: AccountPool): Link {
  return {
    name: 'dispatch',
    routes: ['messages', 'count-tokens'],
    plugin: {
      async handle(call, next) {
        const target = pool.pick(call, NONE, 1)
        if (!target) throw pool.exhausted(call)
        const { account, upstream } = target
        call.journal.note({ upstream: upstream.name, account: account.id, attempts: 1 })
        const reply = await next(call.with({ target }))
        return reply.with({ headers: { 'x-account-email': account.email ?? account.id } })
      },
    },
  }
}
