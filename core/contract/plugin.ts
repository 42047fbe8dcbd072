import type { InjectionToken } from 'tsyringe'
import type { z } from 'zod'
import type { Awaitable } from './awaitable.js'
import type { Call, CallHead, RouteName, UpstreamHooks } from './call.js'
import type { Endpoint } from './endpoint.js'
import type { StreamEvent } from './http.js'
import type { FinishedRecord } from './record.js'
import type { Reply } from './reply.js'
import type { Services, Token } from './services.js'

/** Everything further in. May be called again: each call of it is a new attempt. */
export type Next = (call: Call) => Promise<Reply>

/**
 * A plugin is an object with some of these hooks. A request walks in through `onHeaders`, `onRequest` and `handle` in the
 * order of the chain, and its reply walks out through `onEvent`, `onReply` and the rest of `handle` in reverse.
 *
 * Whether a hook runs once a request or once an attempt is a matter of place: outside `retry-rotate` once, inside it
 * once for each attempt, with `call.target` known.
 *
 * An error thrown by a hook reaches the client as a 500 that names the plugin, and is never retried. To refuse a
 * request in words of your own, return a `Reply` or throw a `GatewayError`.
 */
export interface Plugin {
  /** Before the body is read. A reply answers at once and the body is never looked at. */
  onHeaders?(head: CallHead): Awaitable<Reply | void>
  /** Look, change (return `call.with(…)`) or answer now (return a reply; nothing further in runs). */
  onRequest?(call: Call): Awaitable<Call | Reply | void>
  /** Wrap everything further in. Errors of `next` are an upstream's or the client's; let those pass that you don't mend. */
  handle?(call: Call, next: Next): Awaitable<Reply>
  /**
   * See, change, drop (`[]`) or add events of a stream. Synchronous: all plugins' mappers run in one pass. Declaring it
   * makes the gateway decode the stream; a chain without it pipes bytes. `call` is as this plugin handed it on, and is kept with its
   * body to the end of the stream.
   */
  onEvent?(event: StreamEvent, call: Call): StreamEvent | readonly StreamEvent[] | void
  /**
   * Events to add at the end of a stream: before its `message_stop`, or behind the last event of one that ends cleanly without.
   * Plugins further out see them in their `onEvent`. Runs at most once, after this plugin's last `onEvent`; never for a stream
   * that breaks, is cancelled or has an `error` event.
   */
  onStreamEnd?(call: Call): StreamEvent | readonly StreamEvent[] | void
  /** Look at the reply or replace it. A stream's body has not come yet; reading it here waits for its end. */
  onReply?(reply: Reply, call: Call): Awaitable<Reply | void>
  /**
   * Once a request, after the last byte: of answered, failed and cut requests alike, also of those that a plugin further out
   * answered. The client waits for nothing here; an error is logged once and goes nowhere.
   */
  onFinish?(record: FinishedRecord, head: CallHead): Awaitable<void>
  /**
   * Looks on while a request goes through the other plugins: before each gets its call, before the call leaves the last one, and
   * when one with `handle` or `onReply` has returned its reply. It has no say, and an error in it is logged once. `false` at
   * position 0, where a request begins, says that it need not see the rest: a request that no plugin wants to see costs no looks.
   */
  onStep?(step: Step, call: Call): void | false
  /** Routes of the plugin's own; read once, after `setup`. */
  readonly endpoints?: readonly Endpoint[]
  /** Once, before the chain takes requests. An error keeps the chain from starting. */
  setup?(): Awaitable<void>
  /** Once, when the chain gets no more requests, by a reload or a stop: end answers that would go on without an end. */
  onRetire?(): void
  /** Once, after the chain's last request; in reverse order. */
  dispose?(): Awaitable<void>
}

/** A place in the chain, the same object each time that a request passes it. */
export interface Step {
  /** Undefined behind the last plugin, where the call goes to its upstream. */
  readonly plugin: string | undefined
  /** `in`: it is about to get the call. `out`: it got this call, and has returned a reply. */
  readonly way: 'in' | 'out'
  /** Counts the plugins of the route, from 0. */
  readonly position: number
  /** As its definition says. */
  readonly touches: readonly string[] | undefined
}

/**
 * The three stretches of the chain: `request` (once a request: auth, warmup, models, count-tokens) → `dispatch`
 * (retry-rotate) → `attempt` (once an attempt: fixes, force-stream).
 */
export type Phase = 'request' | 'dispatch' | 'attempt'

/** What `create` gets; a class asks for the same by `@inject(tokens.…)`. */
export interface PluginContext<Options> extends Services {
  readonly name: string
  readonly options: Options
  /** Any other service, by its token. */
  resolve<T>(token: Token<T> | InjectionToken<T>): T
}

// biome-ignore lint/suspicious/noExplicitAny: constructors are called by the container, which knows the parameters
export type PluginClass = new (...args: any[]) => Plugin

export interface PluginDefinition<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** Unique in a chain; lower case with dashes. */
  readonly name: Name
  readonly phase: Phase
  /** The routes that it sees. Default: `messages` alone. */
  readonly routes?: readonly RouteName[] | 'all'
  /** Names of plugins that must stand further in, or further out. In `use` they also say where it is put. */
  readonly before?: string | readonly string[]
  readonly after?: string | readonly string[]
  /** Names of plugins without which it can't work. */
  readonly requires?: string | readonly string[]
  /** A zod schema; use `z.strictObject`, so that a misspelt option is an error. Mark secrets with `.meta({ secret: true })`. */
  readonly options?: Schema
  /** A class with constructor injection … */
  readonly use?: PluginClass
  /** … or a function. One of the two. */
  readonly create?: (context: PluginContext<z.output<Schema>>) => Plugin
  /** Options that the environment gives when the config does not: `{ baseURL: 'ZAI_BASE_URL' }`. */
  readonly env?: Readonly<Record<string, string>>
  /** The parts of the body that it may change, as paths: `['max_tokens', 'messages[*].content[*].cache_control']`; `*` is any. */
  readonly touches?: readonly string[]
  /**
   * In a preset it is off until the config names it, with options or `true`, or one of the variables of `env` is set. For what
   * costs something and few need; in `use` it is on.
   */
  readonly optIn?: boolean
}

/** What `definePlugin` takes: `use`, a class with constructor injection, or `create`, a function. */
export type PluginInit<Name extends string = string, Schema extends z.ZodType = z.ZodType> = Omit<
  PluginDefinition<Name, Schema>,
  'use' | 'create'
> &
  (
    | { readonly use: PluginClass; readonly create?: undefined }
    | {
        readonly create: NonNullable<PluginDefinition<Name, Schema>['create']>
        readonly use?: undefined
      }
  )

/** What `defineUpstream` takes: `create` where the upstream has options or wants services, else its hooks themselves. */
export type UpstreamInit<Name extends string = string, Schema extends z.ZodType = z.ZodType> = Omit<
  UpstreamDefinition<Name, Schema>,
  'phase' | 'create'
> &
  (
    | { readonly create: UpstreamDefinition<Name, Schema>['create'] }
    | (UpstreamHooks & { readonly create?: undefined })
  )

/** An upstream, as a chain is built from it. */
export interface UpstreamDefinition<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** Unique in a chain; lower case with dashes. Accounts name it by `upstream`. */
  readonly name: Name
  /** Set by `defineUpstream`: upstreams follow all plugins. */
  readonly phase: 'upstream'
  /** A zod schema, as a plugin's. */
  readonly options?: Schema
  /** Undefined leaves it out of the chain: for an option that switches it off. */
  readonly create: (context: PluginContext<z.output<Schema>>) => UpstreamHooks | undefined
  /** Options that the environment gives when the config does not: `{ baseURL: 'ZAI_BASE_URL' }`. */
  readonly env?: Readonly<Record<string, string>>
}

/** A schema's input, taken field by field from its shape, so that editors show the comment of each field. */
export type InputOf<Schema extends z.ZodType> =
  Schema extends z.ZodObject<infer Shape> ? FieldsOf<Shape> : z.input<Schema>

/** Mapped over the shape itself: a mapped type keeps the comments of what it maps. */
type FieldsOf<Shape extends z.core.$ZodShape> = [RequiredKeys<Shape>] extends [never]
  ? Optional<Shape>
  : Optional<Shape> & Required<Pick<Optional<Shape>, RequiredKeys<Shape>>>
type Optional<Shape extends z.core.$ZodShape> = { readonly [Key in keyof Shape]?: z.input<Shape[Key]> }
type RequiredKeys<Shape extends z.core.$ZodShape> = {
  [Key in keyof Shape]: undefined extends z.input<Shape[Key]> ? never : Key
}[keyof Shape]

export type Definition<Name extends string = string, Schema extends z.ZodType = z.ZodType> =
  | PluginDefinition<Name, Schema>
  | UpstreamDefinition<Name, Schema>

/** A plugin or an upstream with its options, as listed in a preset or in `use`. */
export interface PluginSpec<
  Name extends string = string,
  Schema extends z.ZodType = z.ZodType,
  D extends Definition<Name, Schema> = Definition<Name, Schema>,
> {
  readonly '~agproxy': 'spec'
  readonly definition: D
  readonly options: InputOf<Schema> | undefined
}

/** What `definePlugin` and `defineUpstream` return. Call it with options, or use it as it is. */
export interface PluginFactory<
  Name extends string = string,
  Schema extends z.ZodType = z.ZodType,
  D extends Definition<Name, Schema> = Definition<Name, Schema>,
> {
  (options?: InputOf<Schema>): PluginSpec<Name, Schema, D>
  readonly '~agproxy': 'factory'
  readonly definition: D
}

/** An entry of a preset's `plugins` or of `use`; falsy ones are skipped, so that `cond && plugin()` works. */
export type PluginEntry = PluginSpec | PluginFactory | false | null | undefined
