export { inject, injectable } from 'tsyringe'
export { z } from 'zod'
export type { AccountPool } from './accounts/pool.js'
export type * from './contract/messages.js'
export type { Logger } from './contract/services.js'
export type { Accepts, Account, ModelInfo, Target, Upstream } from './contract/upstream.js'
export {
  ClientGoneError,
  GatewayError,
  PluginError,
  UpstreamError,
  type UpstreamFailure,
} from './errors/gateway-errors.js'
export { Call, type CallHead, type CallPatch, type RouteName } from './exchange/call.js'
export type { Headers } from './exchange/headers.js'
export type { ServerInfo } from './exchange/loopback.js'
export type { ExchangeRecord, RecordFacts } from './exchange/record.js'
export { Reply, type ReplyInit } from './exchange/reply.js'
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
} from './plugin/define.js'
export { applies, type FixMode, fixMode } from './plugin/fix-mode.js'
export { type Token, tokens } from './plugin/tokens.js'
export type { ByteSink, ByteSource } from './stream/source.js'
export { type EventData, StreamEvent } from './stream/sse-event.js'
export type { HttpClient } from './upstream/http.js'
export type { Upstreams } from './upstream/registry.js'
export type { Transport } from './upstream/transport.js'
