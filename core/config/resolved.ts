import type { z } from 'zod'
import type { Definition } from '../contract/plugin.js'
import type { Price } from '../contract/prices.js'
import type { ServiceFactories } from '../contract/services.js'
import type { Account } from '../contract/upstream.js'
import type { logSchema, serverSchema, stateSchema, transportSchema } from './schema.js'

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

/** As `serverSchema` makes them: sizes in bytes, times in milliseconds. */
export type ServerOptions = Readonly<z.output<typeof serverSchema>>
export type LogOptions = Readonly<z.output<typeof logSchema>>
export type StateOptions = Readonly<z.output<typeof stateSchema>>
export type TransportSettings = Readonly<z.output<typeof transportSchema>>

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
  readonly transport: TransportSettings
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
  readonly origins: Readonly<Record<'server' | 'log' | 'state' | 'transport', Origins>>
  /** What the user should know at start, one sentence each; holds no secret. */
  readonly warnings: readonly string[]
}
