import { randomUUID } from 'node:crypto'
import { AccountPool } from './core/accounts/pool.js'
import { PoolState } from './core/accounts/pool-state.js'
import { attempt } from './core/chain/attempt.js'
import { compose, type Link } from './core/chain/compose.js'
import {
  buildPlugin,
  buildUpstream,
  type Container,
  createContainer,
  provide,
} from './core/chain/container.js'
import type { Awaitable } from './core/contract/awaitable.js'
import type { Call, Target, Upstream, UpstreamHooks } from './core/contract/call.js'
import type { MessagesRequest } from './core/contract/messages.js'
import type { Definition, Next, PluginEntry } from './core/contract/plugin.js'
import type { Logger, ServerInfo } from './core/contract/services.js'
import type { Accepts, Account } from './core/contract/upstream.js'
import { Call as CallClass, type CallInit } from './core/exchange/call.js'
import { Reply } from './core/exchange/reply.js'
import { toSpec } from './core/plugin/define.js'
import { tokens } from './core/plugin/tokens.js'
import { createHttpClient } from './core/upstream/http.js'
import { ACCEPTS, Upstreams, upstreamOf } from './core/upstream/registry.js'
import { Transport } from './core/upstream/transport.js'

/** An upstream that takes everything, as Anthropic does. */
export const ACCEPTS_ALL: Accepts = ACCEPTS

export interface MountOptions {
  /** Answers what the plugin passes on. Default: an empty message. An upstream under test answers by itself. */
  readonly upstream?: (call: Call) => Awaitable<Reply>
  /** What the call's target accepts; only plugins of the phase `attempt` see a target. */
  readonly accepts?: Partial<Accepts>
  readonly accounts?: readonly Account[]
  /** Other upstreams of the chain; `needsKey` is false unless they say otherwise. */
  readonly upstreams?: readonly TestUpstream[]
  readonly server?: Partial<ServerInfo>
  readonly now?: () => number
}

export type TestUpstream = Partial<UpstreamHooks> & { readonly name: string }

export interface Mounted {
  /** Sends a body (or a call of your own) through the plugin and returns what came out. */
  send(request: Partial<MessagesRequest> | Call, init?: Partial<CallInit>): Promise<Reply>
  /** The calls that reached the upstream, in order. */
  readonly calls: Call[]
  /** What the plugin logged. */
  readonly logs: { level: string; fields: object; message: string }[]
  readonly accounts: AccountPool
  /** The options' `upstreams`, and the upstream under test. */
  readonly upstreams: Upstreams
  dispose(): Promise<void>
}

/** Makes a call as a client would send it. */
export function makeCall(body: Partial<MessagesRequest> = {}, init: Partial<CallInit> = {}): CallClass {
  const full = { model: 'claude-sonnet-5', messages: [{ role: 'user', content: 'hi' }], ...body }
  return CallClass.of({ id: `req_${randomUUID()}`, bytes: Buffer.from(JSON.stringify(full)), ...init })
}

/** A message as an upstream answers it. */
export function messageReply(text = 'hello', fields: object = {}): Reply {
  return Reply.json({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5',
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 2 },
    ...fields,
  })
}

/** Runs one plugin or upstream in a chain of its own: what its author needs to test it. */
export async function mount(entry: PluginEntry, options: MountOptions = {}): Promise<Mounted> {
  const spec = toSpec(entry)
  if (!spec) throw new TypeError('mount: not a plugin')
  const logs: Mounted['logs'] = []
  const calls: Call[] = []
  const upstreams = new Upstreams()
  for (const { name, ...hooks } of options.upstreams ?? [])
    upstreams.add(upstreamOf(name, { send: () => messageReply(), needsKey: false, ...hooks }))
  const accounts = new AccountPool(options.accounts ?? [], upstreams, {
    state: new PoolState({ now: options.now }),
  })
  const transport = new Transport()

  const container = createContainer()
  provide(container, tokens.logger, recorder(logs))
  provide(container, tokens.upstreams, upstreams)
  provide(container, tokens.accounts, accounts)
  provide(container, tokens.transport, transport)
  provide(container, tokens.http, createHttpClient(transport))
  provide(container, tokens.server, { host: '127.0.0.1', port: 8045, loopback: true, ...options.server })

  const { links, hooks, upstream } = build(container, spec.definition, spec.options)
  if (upstream) upstreams.add(upstream)
  await hooks.setup?.()

  const end: Next = async (call) => {
    calls.push(call)
    if (upstream && call.target?.upstream === upstream) return attempt(call)
    return options.upstream ? options.upstream(call) : messageReply()
  }
  const seesTarget = upstream !== undefined || spec.definition.phase === 'attempt'
  const chain = compose(links, end)
  const to = upstream ?? upstreamOf('test', { send: () => messageReply() })
  const accepts = { ...to.accepts, ...options.accepts }
  const account = options.accounts?.find((a) => a.upstream === to.name) ?? { id: 'test', upstream: to.name }
  const target: Target = { upstream: to, account, accepts, attempt: 1 }
  return {
    calls,
    logs,
    accounts,
    upstreams,
    async send(request, init) {
      let call = isCall(request) ? request : makeCall(request, init)
      if (seesTarget && !call.target) call = call.with({ target })
      return (await chain.head(call)) ?? chain.run(call)
    },
    async dispose() {
      await hooks.dispose?.()
      await transport.close()
      await container.dispose()
    },
  }
}

interface Built {
  readonly links: readonly Link[]
  readonly hooks: Pick<UpstreamHooks, 'setup' | 'dispose'>
  readonly upstream?: Upstream
}

function build(container: Container, definition: Definition, given: unknown): Built {
  const options = definition.options ? definition.options.parse(given ?? {}) : undefined
  if (definition.phase !== 'upstream') {
    const link = buildPlugin(container, definition, options)
    return { links: [link], hooks: link.plugin }
  }
  const hooks = buildUpstream(container, definition, options)
  if (!hooks) throw new TypeError(`mount: '${definition.name}' is left out by its options`)
  return { links: [], hooks, upstream: upstreamOf(definition.name, hooks) }
}

function isCall(value: object): value is Call {
  return 'record' in value
}

function recorder(logs: Mounted['logs']): Logger {
  const at =
    (level: string) =>
    (first: object | string, message = '') => {
      if (typeof first === 'string') logs.push({ level, fields: {}, message: first })
      else logs.push({ level, fields: first, message })
    }
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  }
  return logger
}
