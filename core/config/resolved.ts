import type { Definition } from '../contract/plugin.js'
import type { Price } from '../contract/prices.js'
import type { ServiceFactories } from '../contract/services.js'
import type { Account } from '../contract/upstream.js'

export type Origin = 'default' | 'preset' | 'config' | 'env' | 'flag'

/** One plugin or upstream of the chain that is on, with its options validated and where each came from. */
export interface ResolvedPlugin {
  readonly definition: Definition
  readonly options: unknown
  /** By top-level option name. */
  readonly origins: Origins
  /** Who brought it: a preset's name, `use` or `upstreams`. */
  readonly from: string
}

export interface ServerOptions {
  readonly host: string
  readonly port: number
  /** Bytes. */
  readonly bodyLimit: number
  readonly headerLimit: number
  readonly headerCountLimit: number
  readonly depthLimit: number
  readonly valueLimit: number
  readonly messageLimit: number
  /** Milliseconds, as all times here. */
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  /** Absent: as requestTimeout. */
  readonly writeTimeout?: number | undefined
  readonly maxConcurrent: number
  readonly queueLimit: number
  readonly queueTimeout: number
  readonly shutdownTimeout: number
  readonly adminKey?: string | undefined
  readonly https:
    | boolean
    | { readonly cert?: string; readonly key?: string; readonly pfx?: string; readonly passphrase?: string }
}

export interface LogOptions {
  readonly level: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  /** `auto`: pretty on a terminal, JSON otherwise. */
  readonly format: 'auto' | 'pretty' | 'json'
}

export interface StateOptions {
  /** `redis://…`; absent: state lives in this process. */
  readonly url?: string | undefined
  readonly prefix: string
}

/** The factories of services that take the place of the gateway's own, and whether the config or a preset brought them. */
export type ResolvedServices = {
  readonly [Name in keyof ServiceFactories]?: {
    readonly create: NonNullable<ServiceFactories[Name]>
    readonly from: string
  }
}

/** By option name. */
export type Origins = Readonly<Record<string, Origin>>

/** A config with everything filled in: what a gateway is built from. */
export interface ResolvedConfig {
  /** The file it was read from; undefined when there is none. */
  readonly file: string | undefined
  /** Names of the presets in force. */
  readonly presets: readonly string[]
  readonly server: ServerOptions
  readonly log: LogOptions
  readonly state: StateOptions
  readonly accounts: readonly Account[]
  /** Where `accounts` came from. */
  readonly accountsFrom: Origin
  readonly services: ResolvedServices
  /** The user's own, by model pattern. */
  readonly prices: Readonly<Record<string, Price>>
  /** The chain, in its order. */
  readonly chain: readonly ResolvedPlugin[]
  /** Plugins of the presets that are switched off. */
  readonly off: readonly string[]
  readonly origins: { readonly server: Origins; readonly log: Origins; readonly state: Origins }
  /** What the user should know at start, one sentence each; holds no secret. */
  readonly warnings: readonly string[]
}
