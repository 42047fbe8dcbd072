import { PoolState } from '../../core/accounts/pool-state.js'
import { buildChain } from '../../core/chain/build.js'
import { resolveConfig } from '../../core/config/resolve.js'
import type { Accounts } from '../../core/contract/accounts.js'
import type { Awaitable } from '../../core/contract/awaitable.js'
import type { Call } from '../../core/contract/call.js'
import type { MessagesRequest } from '../../core/contract/messages.js'
import type { Reply } from '../../core/contract/reply.js'
import type { CallInit } from '../../core/exchange/call.js'
import { createHttpClient } from '../../core/upstream/http.js'
import { Transport } from '../../core/upstream/transport.js'
import { presets } from '../../presets/index.js'
import { upstreamOf } from '../../presets/upstreams.js'
import { type AfterSend, afterSend } from './after-send.js'
import type { TestConfig } from './gateway.js'
import { type LogLine, recorder } from './recorder.js'
import { isCall, makeCall, messageReply } from './values.js'

export interface TestChainOptions {
  /** Answers in place of every upstream; `call.target` says which and with whose account. Default: a short message. */
  readonly answer?: (call: Call) => Awaitable<Reply>
  /** The environment that the config sees. Default: empty, so that no key of this machine plays a part. */
  readonly env?: NodeJS.ProcessEnv
}

/** A whole config without sockets. */
export interface TestChain extends AfterSend {
  /** Sends a body (or a call of your own) through the chain and returns what came out. Rejects as the chain does. */
  send(request?: Partial<MessagesRequest> | Call, init?: Partial<CallInit>): Promise<Reply>
  /** The attempts that reached an upstream, in order. */
  readonly calls: readonly Call[]
  readonly logs: readonly LogLine[]
  readonly accounts: Accounts
  /** Moves the accounts' clock: cooldowns and session affinity see it. */
  advance(ms: number): void
  /** Calls `onRetire` of all plugins, as when a reload or a stop means that the chain gets no more requests. */
  retire(): void
  dispose(): Promise<void>
}

/**
 * Builds a whole config's chain over a scripted upstream: presets, plugins, accounts and their cooldowns are real, nothing is
 * sent. Rejects with a ConfigError for a config that can't be used.
 *
 * @example
 * const { send, calls } = await testChain(config, { answer: (call) => messageReply(`from ${call.target?.account.id}`) })
 */
export async function testChain(config: TestConfig, options: TestChainOptions = {}): Promise<TestChain> {
  const { answer = () => messageReply(), env = {} } = options
  const calls: Call[] = []
  const logs: LogLine[] = []
  let moved = 0
  const transport = new Transport()
  const running = await buildChain(resolveConfig(config, { env, presets, upstreamOf }), {
    logger: recorder(logs),
    transport,
    http: createHttpClient(transport),
    poolState: new PoolState({ now: () => Date.now() + moved }),
    server: { host: '127.0.0.1', port: 8045, loopback: true },
  })
  for (const upstream of running.upstreams.list()) {
    const send = (call: Call) => {
      calls.push(call)
      return answer(call)
    }
    running.upstreams.add({ ...upstream, send })
  }
  return {
    calls,
    logs,
    accounts: running.accounts,
    advance(ms) {
      moved += ms
    },
    retire: () => running.retire(),
    ...afterSend(running.chain, running.endpoints),
    async send(request = {}, init) {
      const call = isCall(request) ? request : makeCall(request, init)
      return (await running.chain.head(call)) ?? running.chain.run(call)
    },
    async dispose() {
      await running.dispose()
      await transport.close()
    },
  }
}
