import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError } from '../errors/config-error.js'
import { oddFile, readFileAt, whyUnreadable } from '../files/read.js'
import { decodeText } from './text.js'

/** The file beside a config whose variables stand in for those that the environment lacks. */
export const DOTENV = '.env'

/** What the configs of this process lent it from a `.env`, to be taken back when the file no longer says it. */
const lent = new Map<string, string>()

/**
 * The environment with what `.env` in a folder adds; what is set already, and is not empty, wins. Where nothing can be read from
 * it, `warn` gets the reason; throws a ConfigError for one that would have to be waited for, as a pipe.
 */
export function withDotenv(
  env: NodeJS.ProcessEnv,
  folder: string,
  warn: (text: string) => void = () => {},
): NodeJS.ProcessEnv {
  const isLent = (name: string) => lent.has(name) && env[name] === lent.get(name)
  const added = Object.entries(read(join(folder, DOTENV), warn)).filter(
    ([name]) => !env[name] || isLent(name),
  )
  const stale = [...lent.keys()].filter(isLent)
  if (added.length === 0 && stale.length === 0) return env
  const own = Object.entries(env).filter(([name]) => !stale.includes(name))
  return Object.fromEntries([...own, ...added])
}

function read(file: string, warn: (text: string) => void): NodeJS.Dict<string> {
  try {
    return parseEnv(decodeText(readFileAt(file)))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return {}
    const message = whyUnreadable(error)
    // A Python environment is often a directory of this name.
    if (code === undefined && oddFile(file) !== 'a directory')
      throw new ConfigError([{ code: 'AGP_CONFIG_FILE', message }], file)
    warn(`${file} ${message}: no variable is taken from it`)
    return {}
  }
}

/** Gives this process what `.env` in a folder adds: for configs that are code and read `process.env`, now or later. */
export function lendDotenv(folder: string): void {
  const found = read(join(folder, DOTENV), () => {})
  for (const [name, value] of lent) {
    if (process.env[name] === value) delete process.env[name]
    lent.delete(name)
  }
  for (const [name, value] of Object.entries(found)) {
    if (value === undefined || process.env[name]) continue
    process.env[name] = value
    lent.set(name, value)
  }
}
