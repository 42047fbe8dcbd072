import { withTimeLimit } from '../chain/time-limit.js'
import type { Preset } from '../config/define.js'
import { loadConfig } from '../config/load.js'
import type { VirtualModules } from '../config/loaders.js'
import { resolveConfig } from '../config/resolve.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { UpstreamOf } from '../config/upstreams.js'
import { isRecord } from '../json/plain.js'
import { withoutExit } from './exit.js'
import type { ConfigArgs } from './flags.js'
import { registeredGateways } from './registry.js'

/** What the commands get from outside, as citty's `data`. Everything heavy comes only when it is asked for. */
export interface CliContext {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly presets: () => Promise<Readonly<Record<string, Preset>>>
  /** Makes what a config declares under `upstreams`. */
  readonly upstreamOf?: () => Promise<UpstreamOf>
  /** What `import … from 'agproxy'` in a config gets. */
  readonly modules: () => Promise<VirtualModules>
}

/** Milliseconds that a config may take to load: one that waits for ever at its top level would hold the start, silently. */
const LOAD_LIMIT = 60_000

/**
 * Whose config a command takes without being told a file: `project` the project's, else the user's own; `own` the user's alone. A
 * command that is run inside of other people's repositories takes no project's, which could run code or redirect a key; one with which
 * this user's gateway runs is in force already, and counts where the user has none.
 */
export type ConfigScope = 'project' | 'own'

/** A gateway that runs with this config was started with it by this user. */
const isServed = (file: string, env: NodeJS.ProcessEnv) =>
  registeredGateways(env).some(({ config }) => config === file)

/** The commands that were told of a project's config that they leave alone. */
const told = new WeakSet<CliContext>()

/** The config as flags, file and environment make it. Read anew on each call. */
export async function loadResolved(
  args: ConfigArgs,
  context: CliContext,
  scope: ConfigScope = 'own',
): Promise<ResolvedConfig> {
  const { cwd, modules } = context
  const load = () =>
    loadConfig({ cwd, env: context.env, file: args.config, project: scope === 'project', modules })
  const { file, config, env, texts, warnings, leftAlone } = await withoutExit(() =>
    withTimeLimit(load(), LOAD_LIMIT, 'loading the config'),
  )
  if (leftAlone !== undefined && isServed(leftAlone, context.env)) {
    const served = file === undefined && (await loadServed(leftAlone, args, context))
    if (served) return served
  } else if (leftAlone !== undefined && !told.has(context)) {
    told.add(context)
    context.err(
      `agproxy: left alone: ${leftAlone}; only start, record, check and explain take a project's config by themselves, the others with --config\n`,
    )
  }
  const { host, port, preset } = args
  const flags = { host, port, preset, logLevel: args['log-level'] }
  const presets = await context.presets()
  // It brings every upstream's code along.
  const declares = isRecord(config) && config.upstreams !== undefined
  const upstreamOf = declares ? await context.upstreamOf?.() : undefined
  const found = { file, flags, env, texts, warnings, presets }
  return resolveConfig(config, { ...found, ...(upstreamOf && { upstreamOf }) })
}

/** Undefined for one that can't be used as it is now on disk. */
async function loadServed(
  config: string,
  args: ConfigArgs,
  context: CliContext,
): Promise<ResolvedConfig | undefined> {
  try {
    return await loadResolved({ ...args, config }, context)
  } catch (error) {
    context.err(
      `agproxy: left alone: ${config}, with which a gateway runs: ${(error as Error).message.split('\n')[0]}\n`,
    )
    return undefined
  }
}
