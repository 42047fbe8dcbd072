// The public API but for `defineConfig`: what a plugin or an upstream is written with. See docs/writing-plugins.md.
export { inject } from 'tsyringe'
export { z } from 'zod'
export type { Accepts, AcceptsInit, KnownFact, LearnedFact } from './contract/accepts.js'
export type {
  AccountRequest,
  AccountStatus,
  Accounts,
  ActiveCooldown,
  Lease,
  PlanWindow,
  SessionKey,
} from './contract/accounts.js'
export type { Awaitable } from './contract/awaitable.js'
export type { BudgetState, BudgetsAnswer } from './contract/budgets.js'
export type {
  CallHead,
  CallPatch,
  Preference,
  RouteName,
  StreamLimits,
  Target,
  Upstream,
  UpstreamHooks,
} from './contract/call.js'
export type { Choice, ChoiceReason } from './contract/choice.js'
export type { Endpoint, EndpointRequest } from './contract/endpoint.js'
export type {
  ByteSink,
  ByteSource,
  Cancellation,
  EventData,
  EventMapper,
  HeaderList,
  Headers,
  StreamMapper,
} from './contract/http.js'
export type { Edit, JsonNode, Span } from './contract/json.js'
export type * from './contract/messages.js'
export type {
  Definition,
  InputOf,
  Next,
  Phase,
  Plugin,
  PluginClass,
  PluginContext,
  PluginDefinition,
  PluginEntry,
  PluginFactory,
  PluginInit,
  PluginSpec,
  Step,
  UpstreamDefinition,
  UpstreamInit,
} from './contract/plugin.js'
export type { Price, PriceList, Prices, TokenCounts } from './contract/prices.js'
export type {
  AttemptRecord,
  AttemptTimes,
  ClientFacts,
  Ending,
  ExchangeRecord,
  FinishedRecord,
  RecordFacts,
  RecordTimes,
} from './contract/record.js'
export type { ReplyInit, ReplyMakers, ReplyPatch } from './contract/reply.js'
export type { Elsewhere, KeptRequest, Resend, Side } from './contract/resend.js'
export type {
  EstimateTokens,
  GatewayContext,
  HttpClient,
  Logger,
  SendRequest,
  ServerInfo,
  ServiceContext,
  ServiceFactories,
  Services,
  Token,
  Transport,
  Upstreams,
} from './contract/services.js'
export type { ConditionalChange, Fact, Patience, StateStore } from './contract/state.js'
export type {
  Account,
  Address,
  Cooldown,
  CooldownReason,
  ModelInfo,
  Precedence,
} from './contract/upstream.js'
export type { UsageAnswer, UsageRow, UsageSums } from './contract/usage.js'
export type { ErrorType } from './errors/api-errors.js'
export type { ErrorCode } from './errors/codes.js'
export {
  ClientGoneError,
  GatewayError,
  type GatewayErrorInit,
  PluginError,
  UpstreamError,
  type UpstreamFailure,
} from './errors/gateway-errors.js'
export { Call, type CallInit } from './exchange/call.js'
export { Reply } from './exchange/reply.js'
export { slot } from './exchange/slot.js'
export { definePlugin, defineUpstream } from './plugin/define.js'
export { applies, type FixMode, fixMode } from './plugin/fix-mode.js'
export { tokens } from './plugin/tokens.js'
export { bytes, duration, type Size } from './plugin/units.js'
export { StreamEvent } from './stream/sse-event.js'
