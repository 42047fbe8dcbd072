import { AccountPool } from '../../core/accounts/pool.js'
import { PoolState } from '../../core/accounts/pool-state.js'
import { attempt, sent } from '../../core/chain/attempt.js'
import { compose } from '../../core/chain/compose.js'
import {
  buildPlugin,
  buildUpstream,
  type Container,
  createContainer,
  provide,
} from '../../core/chain/container.js'
import { EndpointTable } from '../../core/chain/endpoints.js'
import { FREEZING, frozenCall } from '../../core/chain/freezing.js'
import type { Link } from '../../core/chain/link.js'
import { withTimeLimit } from '../../core/chain/time-limit.js'
import { problemsOf } from '../../core/config/zod-problems.js'
import type { Accepts } from '../../core/contract/accepts.js'
import type { Accounts } from '../../core/contract/accounts.js'
import type { Awaitable } from '../../core/contract/awaitable.js'
import type { Call, Target, Upstream, UpstreamHooks } from '../../core/contract/call.js'
import type { MessagesRequest } from '../../core/contract/messages.js'
import type { Definition, Next, PluginEntry } from '../../core/contract/plugin.js'
import type { Reply } from '../../core/contract/reply.js'
import type { ServerInfo, Upstreams as UpstreamsContract } from '../../core/contract/services.js'
import type { Account } from '../../core/contract/upstream.js'
import { ConfigError } from '../../core/errors/config-error.js'
import type { CallInit } from '../../core/exchange/call.js'
import { checkEndpoints } from '../../core/plugin/check-endpoints.js'
import { toSpec } from '../../core/plugin/define.js'
import { tokens } from '../../core/plugin/tokens.js'
import { createPrices } from '../../core/prices/prices.js'
import { createEstimate } from '../../core/token-count/service.js'
import { createHttpClient } from '../../core/upstream/http.js'
import { Upstreams, upstreamOf } from '../../core/upstream/registry.js'
import { Transport } from '../../core/upstream/transport.js'
import { type AfterSend, afterSend } from './after-send.js'
import { type LogLine, recorder } from './recorder.js'
import { TouchCheck } from './touch-check.js'
import { isCall, makeCall, messageReply } from './values.js'

export interface MountOptions {
  /** Answers what the plugin passes on. Default: a short message. An upstream under test answers itself. */
  readonly answer?: (call: Call) => Awaitable<Reply>
  /** What the call's target accepts; only plugins of the phase `attempt` see a target. */
  readonly accepts?: Partial<Accepts>
  readonly accounts?: readonly Account[]
  /** Other upstreams of the chain; `needsKey` is false unless they say otherwise. */
  readonly upstreams?: readonly TestUpstream[]
  readonly server?: Partial<ServerInfo>
  /** The accounts' clock, in milliseconds; `advance` moves it on. Default: `Date.now`. */
  readonly now?: () => number
}

export type TestUpstream = Partial<UpstreamHooks> & { readonly name: string }

export interface Mounted extends AfterSend {
  /**
   * Sends a body (or a call of your own) through the plugin and returns what came out. Rejects where the plugin changed a part of
   * the body that its `touches` does not name.
   */
  send(request?: Partial<MessagesRequest> | Call, init?: Partial<CallInit>): Promise<Reply>
  /** The calls that reached the upstream, in order. */
  readonly calls: Call[]
  /** What the plugin logged. */
  readonly logs: readonly LogLine[]
  readonly accounts: Accounts
  /** The options' `upstreams`, and the upstream under test. */
  readonly upstreams: UpstreamsContract
  /** Moves the accounts' clock: cooldowns and session affinity see it. */
  advance(ms: number): void
  /** Calls `onRetire`, as when a reload or a stop means that the chain gets no more requests. */
  retire(): void
  dispose(): Promise<void>
}

/** Milliseconds that a `setup` may take: less than the 5 s that a test usually has, so that its failure has words. */
const SETUP_LIMIT = 4_000

/** Runs one plugin or upstream in a chain of its own: what its author needs to test it. */
export async function mount(entry: PluginEntry, options: MountOptions = {}): Promise<Mounted> {
  const spec = toSpec(entry)
  if (!spec)
    throw new TypeError(
      `mount: expected a plugin (what definePlugin returns), found ${typeof entry === 'function' ? 'a function' : JSON.stringify(entry)}`,
    )
  const logs: LogLine[] = []
  const calls: Call[] = []
  const upstreams = new Upstreams()
  for (const { name, ...hooks } of options.upstreams ?? [])
    upstreams.add(upstreamOf(name, { send: () => messageReply(), needsKey: false, ...hooks }))
  let moved = 0
  const state = new PoolState({ now: () => (options.now ?? Date.now)() + moved })
  const accounts = new AccountPool(options.accounts ?? [], upstreams, { state })
  const transport = new Transport()

  const container = createContainer()
  provide(container, tokens.logger, recorder(logs))
  provide(container, tokens.state, state.store)
  provide(container, tokens.upstreams, upstreams)
  provide(container, tokens.accounts, accounts)
  provide(container, tokens.estimate, createEstimate(state.store))
  provide(container, tokens.prices, createPrices({}))
  provide(container, tokens.resend, async () => ({ status: 200, text: '' }))
  provide(container, tokens.transport, transport)
  provide(container, tokens.http, createHttpClient(transport))
  provide(container, tokens.server, { host: '127.0.0.1', port: 8045, loopback: true, ...options.server })

  const { links, hooks, upstream } = build(container, spec.definition, spec.options)
  if (upstream) upstreams.add(upstream)
  await withTimeLimit(hooks.setup?.(), SETUP_LIMIT, `mount: the setup of '${spec.definition.name}'`)
  const own = links.map(({ name, plugin }) => ({ name, endpoints: plugin.endpoints }))
  for (const { endpoints } of own) checkEndpoints(endpoints)
  const endpoints = new EndpointTable([], own)

  const end: Next = async (call) => {
    calls.push(call)
    const { target } = call
    if (upstream && target?.upstream === upstream) return attempt(call)
    const send = options.answer ?? (() => messageReply())
    return target ? sent(call, target, { send }) : send(call)
  }
  const seesTarget = upstream !== undefined || spec.definition.phase === 'attempt'
  const touching = new TouchCheck(spec.definition)
  const chain = compose([touching.link, ...links, FREEZING], end, throwing)
  const to = upstream ?? upstreamOf('test', { send: () => messageReply() })
  const account = options.accounts?.find((a) => a.upstream === to.name) ?? { id: 'test', upstream: to.name }
  const targetFor = ({ model }: Call): Target => {
    const accepts = { ...to.acceptsFor(to.modelFor(model)), ...options.accepts }
    return { upstream: to, account, accepts, attempt: 1 }
  }
  return {
    calls,
    logs,
    accounts,
    upstreams,
    async send(request = {}, init) {
      let call = isCall(request) ? request : makeCall(request, init)
      if (seesTarget && !call.target) call = call.with({ target: targetFor(call) })
      const reply = (await chain.head(frozenCall(call))) ?? (await chain.run(call))
      touching.expectDeclared()
      return reply
    },
    ...afterSend(chain, endpoints),
    advance(ms) {
      moved += ms
    },
    retire: () => links[0]?.plugin.onRetire?.(),
    async dispose() {
      await hooks.dispose?.()
      await transport.close()
      await container.dispose()
    },
  }
}

function throwing(error: Error): never {
  throw error
}

interface Built {
  readonly links: readonly Link[]
  readonly hooks: Pick<UpstreamHooks, 'setup' | 'dispose'>
  readonly upstream?: Upstream
}

/** Validated as the config does it, with its messages. */
function optionsOf(name: string, schema: NonNullable<Definition['options']>, given: unknown): unknown {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const at = (path: readonly PropertyKey[]) => [name, ...path].join('.')
  throw new ConfigError(problemsOf(parsed.error.issues, schema, given, at))
}

function build(container: Container, definition: Definition, given: unknown): Built {
  const options = definition.options ? optionsOf(definition.name, definition.options, given ?? {}) : undefined
  if (definition.phase !== 'upstream') {
    const link = buildPlugin(container, definition, options)
    return { links: [link], hooks: link.plugin }
  }
  const hooks = buildUpstream(container, definition, options)
  if (!hooks) throw new TypeError(`mount: '${definition.name}' is left out by its options`)
  return { links: [], hooks, upstream: upstreamOf(definition.name, hooks) }
}
