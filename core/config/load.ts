import { statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { CosmiconfigResult } from 'cosmiconfig'
import { ConfigError, type Problem } from '../errors/config-error.js'
import { oddFile } from '../files/read.js'
import { isRecord } from '../json/plain.js'
import { lendDotenv, withDotenv } from './dotenv.js'
import { CODE, projectsConfig, usersConfig } from './find.js'
import { codeLoader, jsonLoader, type VirtualModules, yamlLoader } from './loaders.js'
import { fillVariables } from './variables.js'
import { kindOf } from './words.js'

export interface LoadOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Instead of searching: this file, of any of the formats. */
  readonly file?: string | undefined
  /** Whether a config of the project that `cwd` is in may be taken without being named. Default: false. */
  readonly project?: boolean
  /** Called only for a config that is code. */
  readonly modules: () => Promise<VirtualModules>
}

export interface LoadedConfig {
  /** Absolute; undefined when there is no config. */
  readonly file: string | undefined
  readonly config: unknown
  /** The environment with what `.env` beside the config adds. */
  readonly env: NodeJS.ProcessEnv
  /** Paths of texts that a variable gave, for options that are numbers or booleans. */
  readonly texts: ReadonlySet<string>
  /** What was left out, in words. */
  readonly warnings: readonly string[]
  /** The project's config, where there is one that was not taken. Nothing of it was run. */
  readonly leftAlone?: string
}

/**
 * Finds and reads a config: the named one, the one that `AGPROXY_CONFIG` names, the project's, the user's own. Every failure is a
 * ConfigError that names the file.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { cwd, env } = options
  const given = options.file ?? (env.AGPROXY_CONFIG || undefined)
  const named = given === undefined ? undefined : resolve(cwd, given)
  const by = options.file === undefined ? 'AGPROXY_CONFIG' : '--config'
  if (named && !statSync(named, { throwIfNoEntry: false }))
    throw unusable(`no such file; check the path given to ${by}`, named)
  const projects = named ? undefined : projectsConfig(cwd)
  const file = named ?? (options.project ? projects : undefined) ?? usersConfig(env)
  const leftAlone = projects !== undefined && projects !== file ? { leftAlone: projects } : {}
  if (file === undefined)
    return { file, config: undefined, env, texts: new Set(), warnings: [], ...leftAlone }
  mustBeFile(file)
  const folder = dirname(file)
  const warnings: string[] = []
  const ownEnv = withDotenv(env, folder, (text) => warnings.push(text))
  const isCode = CODE.some((ext) => basename(file).endsWith(ext))
  if (isCode) lendDotenv(folder)
  const config = await read(file, options.modules)
  if (isCode) return { file, config, env: ownEnv, texts: new Set(), warnings, ...leftAlone }
  const problems: Problem[] = []
  const filled = fillVariables(config, folder, ownEnv, problems)
  if (problems.length > 0) throw new ConfigError(problems, file)
  return { file, config: filled.value, env: ownEnv, texts: filled.texts, warnings, ...leftAlone }
}

async function read(file: string, modules: LoadOptions['modules']): Promise<unknown> {
  const { cosmiconfig } = await import('cosmiconfig')
  const code = codeLoader(modules)
  const explorer = cosmiconfig('agproxy', {
    searchPlaces: [],
    cache: false,
    loaders: {
      ...Object.fromEntries(CODE.map((ext) => [ext, code])),
      '.json': jsonLoader,
      '.yaml': yamlLoader,
      '.yml': yamlLoader,
      noExt: yamlLoader,
    },
  })
  try {
    return checked(await explorer.load(file), file)
  } catch (error) {
    if (ConfigError.is(error)) throw error
    throw new ConfigError(
      [{ code: 'AGP_CONFIG_FILE', message: (error as Error).message.split('\n')[0]! }],
      file,
    )
  }
}

/** Before cosmiconfig reads it, which would wait for a pipe without an end. */
function mustBeFile(file: string): void {
  let odd: string | undefined
  try {
    odd = oddFile(file)
  } catch (error) {
    throw unusable(`can't be read (${(error as NodeJS.ErrnoException).code})`, file)
  }
  if (odd) throw unusable(`is ${odd}, not a file`, file)
}

function unusable(message: string, file: string): ConfigError {
  return new ConfigError([{ code: 'AGP_CONFIG_FILE', message }], file)
}

function checked(result: CosmiconfigResult, file: string): unknown {
  // cosmiconfig has none of a package.json without the key.
  if (!result) throw new ConfigError([{ code: 'AGP_CONFIG_FILE', message: "has no key 'agproxy'" }], file)
  const { config } = result
  if (result.isEmpty || config === undefined || config === null) {
    throw new ConfigError(
      [
        {
          code: 'AGP_CONFIG_FILE',
          message: 'is empty or exports nothing; export the config object as default',
        },
      ],
      file,
    )
  }
  if (!isRecord(config)) {
    const message = `exports ${kindOf(config)}; export the config object as default: export default defineConfig({ … })`
    throw new ConfigError([{ code: 'AGP_CONFIG_FILE', message }], file)
  }
  return config
}
