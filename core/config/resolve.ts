import { ConfigError, type Problem } from '../errors/config-error.js'
import { isRecord } from '../json/plain.js'
import { place } from '../plugin/order.js'
import { proxyWarnings } from '../upstream/proxies.js'
import { accountsFromEnv, resolveAccounts } from './accounts.js'
import type { Preset } from './define.js'
import { configLayer, envLayer, type Layer, resolveSection } from './layers.js'
import { resolvePlugins } from './plugins.js'
import { choosePresets, mergePresets, slotsOf } from './presets.js'
import type { ResolvedConfig } from './resolved.js'
import { logSchema, pricesSchema, serverSchema, stateSchema, transportSchema } from './schema.js'
import { resolveServices } from './services.js'
import { SHORT_FORMS } from './short-forms.js'
import { declaredUpstreams, type UpstreamOf } from './upstreams.js'
import { kindOf } from './words.js'
import { unknownName } from './zod-problems.js'

/** What the command line says. Text, as it was typed. */
export interface Flags {
  readonly host?: string | undefined
  readonly port?: string | undefined
  readonly preset?: string | undefined
  readonly logLevel?: string | undefined
}

export interface ResolveContext {
  /** The file that the config was read from; for messages, and for the file watcher. */
  readonly file?: string | undefined
  readonly flags?: Flags
  readonly env: NodeJS.ProcessEnv
  /** Paths of texts that variables gave: they become the number or boolean that an option wants. */
  readonly texts?: ReadonlySet<string>
  /** What was left out when the config was read. */
  readonly warnings?: readonly string[]
  /** The presets that can be named. Injected, because core knows none. */
  readonly presets: Readonly<Record<string, Preset>>
  /** Makes the upstreams that the config declares. Injected like the presets. */
  readonly upstreamOf?: UpstreamOf
}

const KEYS = [
  'preset',
  'server',
  'accounts',
  'plugins',
  ...SHORT_FORMS,
  'use',
  'upstreams',
  'services',
  'prices',
  'state',
  'transport',
  'log',
]
const SERVER_ENV = { host: 'AGPROXY_HOST', port: 'AGPROXY_PORT', adminKey: 'AGPROXY_ADMIN_KEY' }
const STATE_ENV = { url: 'REDIS_URL' }

/**
 * A config with everything filled in: a flag wins over the config, the config over the environment, the environment
 * over presets and defaults. Throws one ConfigError with everything that is wrong.
 */
export function resolveConfig(raw: unknown, context: ResolveContext): ResolvedConfig {
  const { env, flags = {}, file, texts } = context
  if (raw !== undefined && !isRecord(raw)) {
    throw new ConfigError([{ message: `expected a config object, found ${kindOf(raw)}` }], file)
  }
  const config = raw ?? {}
  const problems: Problem[] = []
  const warnings: string[] = [...(context.warnings ?? [])]
  for (const key of Object.keys(config)) {
    if (key !== '$schema' && !KEYS.includes(key))
      problems.push({ code: 'AGP_CONFIG_UNKNOWN_NAME', path: key, message: unknownName('key', key, KEYS) })
  }

  // The config's own preset is looked at even where the flag wins, so that no fault waits for the day without the flag.
  const configured = choosePresets(config.preset, context.presets, 'preset', problems)
  const presets = flags.preset
    ? choosePresets(flags.preset, context.presets, '--preset', problems)
    : configured
  const declared = declaredUpstreams(config.upstreams, context.upstreamOf, problems)
  const slots = place(mergePresets(presets, problems), [
    ...ownPlugins(config.use, problems),
    ...slotsOf(declared, 'upstreams', 'upstreams', problems),
  ])
  // Without a preset every name would be unknown: one problem is enough.
  const { chain, off } =
    presets.length > 0 ? resolvePlugins(slots, config, env, problems, texts) : { chain: [], off: [] }
  const { accounts, from } = resolveAccounts(
    config.accounts,
    () => accountsFromEnv(presets, env, off, problems, warnings),
    problems,
    warnings,
    texts,
  )

  const services = resolveServices(presets, config.services, problems)
  if (accounts.length === 0 && !services.accounts) warnings.push(noAccount(config.accounts, presets))
  warnings.push(...proxyWarnings(env))

  const server = resolveSection(
    'server',
    serverSchema,
    [
      envLayer(SERVER_ENV, env, serverSchema),
      configLayer('server', config.server, problems, 'config', texts),
      serverFlags(flags),
    ],
    problems,
  )
  const log = resolveSection(
    'log',
    logSchema,
    [configLayer('log', config.log, problems, 'config', texts), logFlags(flags)],
    problems,
  )
  const state = resolveSection(
    'state',
    stateSchema,
    [envLayer(STATE_ENV, env, stateSchema), configLayer('state', config.state, problems, 'config', texts)],
    problems,
  )
  const transport = resolveSection(
    'transport',
    transportSchema,
    [configLayer('transport', config.transport, problems, 'config', texts)],
    problems,
  )
  const prices = resolveSection(
    'prices',
    pricesSchema,
    [configLayer('prices', config.prices, problems)],
    problems,
  )
  if (!server || !log || !state || !transport || !prices || problems.length > 0) {
    // With nothing but flags and variables at fault, naming the file would mislead.
    const outside = problems.every(({ path }) => path?.startsWith('--') || path?.includes('(environment)'))
    throw new ConfigError(problems, outside ? undefined : file)
  }

  return {
    file,
    presets: presets.map((preset) => preset.name),
    server: server.value,
    log: log.value,
    state: state.value,
    transport: transport.value,
    accounts,
    accountsFrom: from,
    services,
    prices: prices.value,
    chain,
    off,
    origins: {
      server: server.origins,
      log: log.origins,
      state: state.origins,
      transport: transport.origins,
    },
    warnings,
  }
}

/** Where the config names accounts, the warnings before this one say why each is left out, and no other variable would add one. */
function noAccount(named: unknown, presets: readonly Preset[]): string {
  if (Array.isArray(named) && named.length > 0)
    return 'no upstream account: all that the config names are left out'
  const variables = presets.flatMap((preset) => Object.keys(preset.accountsFromEnv ?? {}))
  const set = variables.length > 0 ? `set ${[...new Set(variables)].join(' or ')}, or ` : ''
  return `no upstream account: ${set}name \`accounts\` in the config`
}

function ownPlugins(use: unknown, problems: Problem[]) {
  if (use === undefined) return []
  if (Array.isArray(use)) return slotsOf(use, 'use', 'use', problems)
  problems.push({ path: 'use', message: `expected a list of plugins, found ${kindOf(use)}` })
  return []
}

function serverFlags({ host, port }: Flags): Layer {
  const number = port !== undefined && /^\d+$/.test(port) ? Number(port) : port
  return { origin: 'flag', values: { host, port: number }, labels: { host: '--host', port: '--port' } }
}

function logFlags({ logLevel }: Flags): Layer {
  return { origin: 'flag', values: { level: logLevel }, labels: { level: '--log-level' } }
}
