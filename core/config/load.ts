import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { CosmiconfigResult } from 'cosmiconfig'
import { ConfigError } from '../errors/config-error.js'
import { isRecord } from '../json/plain.js'
import { codeLoader, jsonLoader, type VirtualModules, yamlLoader } from './loaders.js'
import { kindOf } from './words.js'

export interface LoadOptions {
  /** Where the search starts; it goes upwards to the folder with a package.json. */
  readonly cwd: string
  /** Instead of searching: this file, of any of the formats. */
  readonly file?: string | undefined
  /** Called only for a config that is code. */
  readonly modules: () => Promise<VirtualModules>
}

export interface LoadedConfig {
  /** Absolute; undefined when there is no config. */
  readonly file: string | undefined
  readonly config: unknown
}

const CODE = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']
const DATA = ['', '.json', '.yaml', '.yml']

/** Names that are looked for in each folder, the first one wins. */
export const CONFIG_FILES: readonly string[] = [
  ...CODE.map((ext) => `agproxy.config${ext}`),
  ...DATA.map((ext) => `.agproxyrc${ext}`),
]

/** Finds and reads a config. Every failure is a ConfigError that names the file. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { cosmiconfig } = await import('cosmiconfig')
  const code = codeLoader(options.modules)
  const explorer = cosmiconfig('agproxy', {
    searchPlaces: [...CONFIG_FILES, 'package.json'],
    searchStrategy: 'project',
    cache: false,
    // An empty config is more likely a mistake than a wish for the defaults.
    ignoreEmptySearchPlaces: false,
    loaders: {
      ...Object.fromEntries(CODE.map((ext) => [ext, code])),
      '.json': jsonLoader,
      '.yaml': yamlLoader,
      '.yml': yamlLoader,
      noExt: yamlLoader,
    },
  })
  const named = options.file === undefined ? undefined : resolve(options.cwd, options.file)
  if (named) await mustBeFile(named)
  try {
    return checked(named ? await explorer.load(named) : await explorer.search(options.cwd), named)
  } catch (error) {
    if (ConfigError.is(error)) throw error
    throw new ConfigError(
      [{ code: 'AGP_CONFIG_FILE', message: (error as Error).message.split('\n')[0]! }],
      named,
    )
  }
}

async function mustBeFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined)
  if (!found)
    throw new ConfigError(
      [{ code: 'AGP_CONFIG_FILE', message: 'no such file; check the path given to --config' }],
      file,
    )
  if (!found.isFile())
    throw new ConfigError(
      [{ code: 'AGP_CONFIG_FILE', message: 'not a file; --config wants a config file' }],
      file,
    )
}

function checked(result: CosmiconfigResult, named: string | undefined): LoadedConfig {
  if (!result) {
    if (!named) return { file: undefined, config: undefined }
    throw new ConfigError([{ code: 'AGP_CONFIG_FILE', message: "has no key 'agproxy'" }], named) // only a package.json comes here
  }
  const { filepath: file, config } = result
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
  return { file, config }
}
