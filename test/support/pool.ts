import { AccountPool } from '../../core/accounts/pool.js'
import { PoolState, type PoolStateInit } from '../../core/accounts/pool-state.js'
import type { Origin } from '../../core/config/resolved.js'
import type { Call } from '../../core/contract/call.js'
import type { MessagesRequest } from '../../core/contract/messages.js'
import type { Account, Precedence } from '../../core/contract/upstream.js'
import type { CallInit } from '../../core/exchange/call.js'
import { Upstreams, upstreamOf } from '../../core/upstream/registry.js'
import { makeCall, messageReply } from '../../testing.js'

export { seeded } from '../../bench/sim/random.js'

export interface TestPoolInit extends PoolStateInit {
  readonly from?: Origin
  readonly precedence?: Readonly<Record<string, Precedence>>
}

/** A pool over upstreams that the accounts name. */
export function testPool(accounts: readonly Partial<Account>[], init: TestPoolInit = {}) {
  const full = accounts.map((account, i) => ({
    id: 'abcdefghij'[i]!,
    upstream: 'up',
    apiKey: `k${i}`,
    ...account,
  }))
  const upstreams = new Upstreams()
  for (const name of new Set(full.map((a) => a.upstream))) {
    const precedence = init.precedence?.[name]
    upstreams.add(
      upstreamOf(name, { send: () => messageReply(), needsKey: false, ...(precedence && { precedence }) }),
    )
  }
  const state = new PoolState(init)
  const pool = new AccountPool(full, upstreams, { state, ...(init.from && { from: init.from }) })
  return { pool, state, upstreams, accounts: full }
}

/** A call of a session, as Claude Code sends it. */
export function callOf(
  session: string,
  body: Partial<MessagesRequest> = {},
  { agent, ...init }: Partial<CallInit> & { agent?: string } = {},
): Call {
  const headers = { 'x-claude-code-session-id': session, ...(agent && { 'x-claude-code-agent-id': agent }) }
  // A signal of its own: what waits listens to it.
  return makeCall(body, { headers, signal: new AbortController().signal, ...init })
}
