import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { decodeText } from './text.js'

/** The file beside a config whose variables stand in for those that the environment lacks. */
export const DOTENV = '.env'

/** What the configs of this process lent it from a `.env`, to be taken back when the file no longer says it. */
const lent = new Map<string, string>()

/** The environment with what `.env` in a folder adds; what is set already, and is not empty, wins. */
export function withDotenv(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  const isLent = (name: string) => lent.has(name) && env[name] === lent.get(name)
  const added = Object.entries(read(join(folder, DOTENV))).filter(([name]) => !env[name] || isLent(name))
  const stale = [...lent.keys()].filter(isLent)
  if (added.length === 0 && stale.length === 0) return env
  const own = Object.entries(env).filter(([name]) => !stale.includes(name))
  return Object.fromEntries([...own, ...added])
}

function read(file: string): NodeJS.Dict<string> {
  try {
    return parseEnv(decodeText(readFileSync(file)))
  } catch {
    return {}
  }
}

/** Gives this process what `.env` in a folder adds: for configs that are code and read `process.env`, now or later. */
export function lendDotenv(folder: string): void {
  const found = read(join(folder, DOTENV))
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
