export { inject, injectable } from 'tsyringe'
export { z } from 'zod'
export { Call, type CallHead, type CallPatch, type RouteName } from './call.js'
export { type Token, tokens } from './di/tokens.js'
export { ClientGoneError, GatewayError, PluginError, UpstreamError, type UpstreamFailure } from './errors.js'
export { applies, type FixMode, fixMode } from './fix.js'
export type { Headers } from './headers.js'
export type { Journal, JournalFacts } from './journal.js'
export type { Logger } from './log.js'
export {
  type Awaitable,
  definePlugin,
  type Next,
  type Phase,
  type Plugin,
  type PluginContext,
  type PluginDefinition,
  type PluginEntry,
  type PluginFactory,
  type PluginSpec,
} from './plugin.js'
export type { AccountPool } from './pool/pool.js'
export type * from './protocol/messages.js'
export { Reply, type ReplyInit } from './reply.js'
export type { ServerInfo } from './server/info.js'
export { type EventData, StreamEvent } from './sse/event.js'
export type { ByteSink, ByteSource } from './stream.js'
export type { HttpClient } from './upstream/http.js'
export type { Upstreams } from './upstream/registry.js'
export type { Transport } from './upstream/transport.js'
export type { Accepts, Account, ModelInfo, Target, Upstream } from './upstream/types.js'
