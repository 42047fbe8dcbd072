import type { ArgsDef } from 'citty'
import { withTimeLimit } from '../chain/time-limit.js'
import type { Preset } from '../config/define.js'
import { loadConfig } from '../config/load.js'
import type { VirtualModules } from '../config/loaders.js'
import { resolveConfig } from '../config/resolve.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { UpstreamOf } from '../config/upstreams.js'

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

/** Something that can't be carried out as it was asked for; the message is all that is printed. */
export class UsageError extends Error {}

/** A command line that can't be meant; the exit code is 2. */
export class CommandLineError extends UsageError {}

/** Flags of every command that reads the config. */
export const configFlags = {
  config: {
    type: 'string',
    alias: 'c',
    valueHint: 'file',
    description: 'Config file, instead of searching for one',
  },
  host: { type: 'string', valueHint: 'address', description: 'Address to listen on' },
  port: {
    type: 'string',
    alias: 'p',
    valueHint: 'number',
    description: 'Port to listen on; 0 for a free one',
  },
  preset: { type: 'string', valueHint: 'name', description: "Preset, instead of the config's" },
  'log-level': { type: 'string', valueHint: 'level', description: 'silent, error, warn, info or debug' },
} as const satisfies ArgsDef

export type ConfigArgs = { readonly [Name in keyof typeof configFlags]?: string | undefined }

/** Milliseconds that a config may take to load: one that waits for ever at its top level would hold the start, silently. */
const LOAD_LIMIT = 60_000

/**
 * Whose config a command takes without being told a file: `project` the project's, else the user's own; `own` the user's alone. A
 * command that is run inside of other people's repositories takes no project's, which could run code or redirect a key.
 */
export type ConfigScope = 'project' | 'own'

/** The commands that were told of a project's config that they leave alone. */
const told = new WeakSet<CliContext>()

/** The config as flags, file and environment make it. Read anew on each call. */
export async function loadResolved(
  args: ConfigArgs,
  context: CliContext,
  scope: ConfigScope = 'own',
): Promise<ResolvedConfig> {
  const { cwd, modules } = context
  const loading = loadConfig({
    cwd,
    env: context.env,
    file: args.config,
    project: scope === 'project',
    modules,
  })
  const { file, config, env, texts, leftAlone } = await withTimeLimit(
    loading,
    LOAD_LIMIT,
    'loading the config',
  )
  if (leftAlone !== undefined && !told.has(context)) {
    told.add(context)
    context.err(
      `agproxy: left alone: ${leftAlone}; only start, check and explain take a project's config by themselves, the others with --config\n`,
    )
  }
  const { host, port, preset } = args
  const flags = { host, port, preset, logLevel: args['log-level'] }
  const presets = await context.presets()
  const upstreamOf = await context.upstreamOf?.()
  return resolveConfig(config, { file, flags, env, texts, presets, ...(upstreamOf && { upstreamOf }) })
}
