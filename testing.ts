import { randomUUID } from 'node:crypto'
import { AccountPool } from './core/accounts/pool.js'
import { PoolState } from './core/accounts/pool-state.js'
import { compose } from './core/chain/compose.js'
import { buildPlugin, createContainer, provide } from './core/chain/container.js'
import type { MessagesRequest } from './core/contract/messages.js'
import type { Logger } from './core/contract/services.js'
import type { Accepts, Account, Upstream } from './core/contract/upstream.js'
import { type Call, Call as CallClass, type CallInit } from './core/exchange/call.js'
import type { ServerInfo } from './core/exchange/loopback.js'
import { Reply } from './core/exchange/reply.js'
import { type Awaitable, type Next, type PluginEntry, toSpec } from './core/plugin/define.js'
import { tokens } from './core/plugin/tokens.js'
import { createHttpClient } from './core/upstream/http.js'
import { Upstreams } from './core/upstream/registry.js'
import { Transport } from './core/upstream/transport.js'

/** An upstream that takes everything, as Anthropic does. */
export const ACCEPTS_ALL: Accepts = {
  cacheControl: true,
  consecutiveRoles: true,
  nonStreaming: true,
  countTokens: true,
}

export interface MountOptions {
  /** What stands further in: gets the call as the plugin passed it on. Default: an empty message. */
  readonly upstream?: (call: Call) => Awaitable<Reply>
  /** What the call's target accepts; only plugins of the phase `attempt` see a target. */
  readonly accepts?: Partial<Accepts>
  readonly accounts?: readonly Account[]
  /** Upstreams that other plugins would have registered. */
  readonly upstreams?: readonly Upstream[]
  readonly server?: Partial<ServerInfo>
  readonly now?: () => number
}

export interface Mounted {
  /** Sends a body (or a call of your own) through the plugin and returns what came out. */
  send(request: Partial<MessagesRequest> | Call, init?: Partial<CallInit>): Promise<Reply>
  /** The calls that reached the upstream, in order. */
  readonly calls: Call[]
  /** What the plugin logged. */
  readonly logs: { level: string; fields: object; message: string }[]
  readonly pool: AccountPool
  /** What the plugin registered, besides the options' `upstreams`. */
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

/** Runs one plugin in a chain of its own: what a plugin's author needs to test it. */
export async function mount(entry: PluginEntry, options: MountOptions = {}): Promise<Mounted> {
  const spec = toSpec(entry)
  if (!spec) throw new TypeError('mount: not a plugin')
  const { definition } = spec
  const logs: Mounted['logs'] = []
  const calls: Call[] = []
  const upstreams = new Upstreams()
  for (const upstream of options.upstreams ?? []) upstreams.register(upstream)
  const pool = new AccountPool(options.accounts ?? [], upstreams, {
    state: new PoolState({ now: options.now }),
  })
  const transport = new Transport()

  const container = createContainer()
  provide(container, tokens.logger, recorder(logs))
  provide(container, tokens.upstreams, upstreams)
  provide(container, tokens.pool, pool)
  provide(container, tokens.transport, transport)
  provide(container, tokens.http, createHttpClient(transport))
  provide(container, tokens.server, { host: '127.0.0.1', port: 8045, loopback: true, ...options.server })

  const parsed = definition.options ? definition.options.parse(spec.options ?? {}) : undefined
  const link = buildPlugin(container, definition, parsed)
  await link.plugin.setup?.()

  const end: Next = async (call) => {
    calls.push(call)
    return options.upstream ? options.upstream(call) : messageReply()
  }
  const chain = compose([link], end)
  const target = {
    upstream: { name: 'test', accepts: { ...ACCEPTS_ALL, ...options.accepts } },
    account: { id: 'test', upstream: 'test' },
    accepts: { ...ACCEPTS_ALL, ...options.accepts },
    attempt: 1,
  }
  return {
    calls,
    logs,
    pool,
    upstreams,
    async send(request, init) {
      let call = isCall(request) ? request : makeCall(request, init)
      if (definition.phase === 'attempt' && !call.target) call = call.with({ target })
      return (await chain.head(call)) ?? chain.run(call)
    },
    async dispose() {
      await link.plugin.dispose?.()
      await transport.close()
      await container.dispose()
    },
  }
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
