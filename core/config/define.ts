import type { z } from 'zod'
import type { Definition, InputOf, PluginEntry, PluginFactory, PluginSpec } from '../contract/plugin.js'
import type { ServiceFactories } from '../contract/services.js'
import type {
  accountSchema,
  logSchema,
  pricesSchema,
  serverSchema,
  stateSchema,
  transportSchema,
} from './schema.js'
import type { SHORT_FORMS, TEXT_FORMS } from './short-forms.js'

/** The presets that a config can name; `agproxy/presets` adds its own here. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging, because core knows no preset
export interface Presets {}

/** A preset is data: plugins in their order. */
export interface Preset<
  Name extends string = string,
  Plugins extends readonly PluginEntry[] = readonly PluginEntry[],
> {
  readonly name: Name
  readonly plugins: Plugins
  /**
   * Environment variables that give accounts when the config names none, with the upstream they belong to; several
   * keys in one are separated by commas: `{ ZAI_API_KEY: 'zai' }`. Earlier ones are preferred.
   */
  readonly accountsFromEnv?: Readonly<Record<string, string>>
  /** Services in place of the gateway's own; a later preset and the config win, service by service. */
  readonly services?: ServiceFactories
}

/** An upstream as data. */
export interface UpstreamData {
  readonly name: string
  readonly [option: string]: unknown
}

type PresetRef = keyof Presets | Preset

/** Input types of the options of all plugins in a list, by plugin name; `boolean` alone for those without options. */
type OptionsOf<Plugins extends readonly PluginEntry[]> = {
  [Entry in Extract<Plugins[number], PluginSpec | PluginFactory> as Entry['definition']['name']]: OptionOf<
    NonNullable<Entry['definition']['options']>
  >
}
type OptionOf<Schema extends z.ZodType> = [z.output<Schema>] extends [undefined]
  ? boolean
  : InputOf<Schema> | boolean

type PluginsOf<Ref> = Ref extends keyof Presets
  ? OptionsOf<PluginList<Presets[Ref]>>
  : Ref extends Preset
    ? OptionsOf<Ref['plugins']>
    : never
type PluginList<P> = P extends { readonly plugins: infer L extends readonly PluginEntry[] } ? L : never

/** Of several presets the later one's plugin replaces the earlier one's of the same name. */
type Merged<Refs> = Refs extends readonly [infer First, ...infer Rest]
  ? Omit<PluginsOf<First>, keyof Merged<Rest>> & Merged<Rest>
  : Refs extends readonly []
    ? // biome-ignore lint/complexity/noBannedTypes: the neutral element of the merge
      {}
    : PluginsOf<Refs extends readonly (infer Ref)[] ? Ref : Refs>

/** Names of the upstreams in a list; of an entry that says only that it is a plugin or an upstream, its name too. */
type UpstreamsIn<Plugins extends readonly PluginEntry[]> = {
  [I in keyof Plugins]: Plugins[I] extends { readonly definition: infer D extends Definition }
    ? 'upstream' extends D['phase']
      ? D['name']
      : never
    : never
}[number]
type PresetUpstreams<Refs> = Refs extends readonly (infer Ref)[]
  ? PresetUpstreams<Ref>
  : Refs extends keyof Presets
    ? UpstreamsIn<PluginList<Presets[Refs]>>
    : Refs extends Preset
      ? UpstreamsIn<Refs['plugins']>
      : never

type AccountOptions = InputOf<typeof accountSchema>

type AllOptions<Refs, Own extends readonly PluginEntry[]> = Merged<Refs> & OptionsOf<Own>

/** `metrics: {…}` at the top level is short for `plugins: { metrics: {…} }`, and `record: DIR` for `plugins: { record: { dir: DIR } }`. */
type ShortForms<All> = {
  readonly [Name in (typeof SHORT_FORMS)[number] & keyof All]?:
    | All[Name]
    | (Name extends keyof typeof TEXT_FORMS ? string : never)
}

/** What a config may say. */
export type Config<
  Refs extends PresetRef | readonly PresetRef[] = PresetRef | readonly PresetRef[],
  Own extends readonly PluginEntry[] = readonly PluginEntry[],
  Data extends readonly UpstreamData[] = readonly UpstreamData[],
> = ConfigKeys<Refs, Own, Data> & ShortForms<AllOptions<Refs, Own>>

interface ConfigKeys<
  Refs extends PresetRef | readonly PresetRef[],
  Own extends readonly PluginEntry[],
  Data extends readonly UpstreamData[],
> {
  /** A name, a preset of your own, or a list of them; later ones win. Default: `claude-code`. */
  readonly preset?: Refs
  /** Where the gateway listens, and what it takes. Default: `127.0.0.1:8045`. */
  readonly server?: InputOf<typeof serverSchema>
  /** Upstream credentials, in order of preference. */
  readonly accounts?: readonly (Omit<AccountOptions, 'upstream'> & {
    /** The name of an upstream of this config: one of the preset's, of `use` or of `upstreams`. */
    readonly upstream: PresetUpstreams<Refs> | UpstreamsIn<Own> | Data[number]['name']
  })[]
  /** By plugin name: options, `true`, or `false` to leave it out. */
  readonly plugins?: { readonly [Name in keyof AllOptions<Refs, Own>]?: AllOptions<Refs, Own>[Name] }
  /** Plugins of your own; each sets its place by `phase`, `before` and `after`. Falsy entries are skipped. */
  readonly use?: Own
  /**
   * Upstreams as data: `{ name, provider: '@ai-sdk/google', … }` with the options of `aiSdk`, or `{ name, baseURL, … }` with
   * those of `anthropicCompatible`. For configs in JSON or YAML; in TypeScript `use` checks the options.
   */
  readonly upstreams?: Data
  /** Services of your own in place of the gateway's: `{ accounts: (context) => new MyAccounts(context) }`. */
  readonly services?: ServiceFactories
  /** What is logged, and how. Default: level `info`, pretty on a terminal, JSON otherwise. */
  readonly log?: InputOf<typeof logSchema>
  /** What models cost, by pattern, in US dollars for a million tokens; wins over the list that comes with agproxy. */
  readonly prices?: z.input<typeof pricesSchema>
  /** Redis, for several gateways that share cooldowns and sessions. Default: `REDIS_URL`, else this process. */
  readonly state?: InputOf<typeof stateSchema>
  /** Connections to upstreams. */
  readonly transport?: InputOf<typeof transportSchema>
}

/** Types a config: completion and compile errors for the options of every plugin in the presets and in `use`. */
export function defineConfig<
  const Refs extends PresetRef | readonly PresetRef[] = DefaultPreset,
  const Own extends readonly PluginEntry[] = readonly [],
  const Data extends readonly UpstreamData[] = readonly [],
>(config: Config<Refs, Own, Data>): Config<Refs, Own, Data> {
  return config
}

/** What a config without `preset` gets. */
export const DEFAULT_PRESET = 'claude-code'
type DefaultPreset = Extract<keyof Presets, typeof DEFAULT_PRESET>

/**
 * Declares a preset.
 *
 * @example
 * export const quiet = definePreset({ name: 'quiet', plugins: [auth({ mode: 'strict' }), retryRotate, anthropic] })
 */
export function definePreset<const Name extends string, const Plugins extends readonly PluginEntry[]>(
  preset: Preset<Name, Plugins>,
): Preset<Name, Plugins> {
  return preset
}
