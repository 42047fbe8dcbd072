import { randomBytes } from 'node:crypto'
import { linkSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedConfig } from '../config/resolved.js'
import { isLoopback } from '../exchange/loopback.js'
import { readFileAt } from '../files/read.js'
import { stateFolder } from '../state/folder.js'

const NAME = 'admin-key'
const KEY = /^[\w-]{43}$/

/**
 * The config with an admin key: its own, else, on a loopback address, the one of this user, which is made when there is
 * none. A folder that cannot be written leaves the operator's routes closed, with a warning.
 */
export function withAdminKey(config: ResolvedConfig, env: NodeJS.ProcessEnv): ResolvedConfig {
  const { server, warnings } = config
  if (server.adminKey !== undefined || !isLoopback(server.host)) return config
  try {
    return { ...config, server: { ...server, adminKey: keptAdminKey(env) ?? makeAdminKey(env) } }
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    const warning = `no admin key could be kept in ${stateFolder(env)} (${why}), so the routes under /_agproxy/ are closed: set AGPROXY_ADMIN_KEY`
    return { ...config, warnings: [...warnings, warning] }
  }
}

/** The key that gateways of this user keep; undefined where there is none that only this user can read and write. */
export function keptAdminKey(env: NodeJS.ProcessEnv): string | undefined {
  const file = join(stateFolder(env), NAME)
  try {
    const { mode, uid } = lstatSync(file)
    const isPrivate = process.platform === 'win32' || ((mode & 0o077) === 0 && uid === process.getuid!())
    const key = isPrivate ? readFileAt(file).toString('utf8').trim() : ''
    return KEY.test(key) ? key : undefined
  } catch {
    return undefined
  }
}

/**
 * Of several processes that start at once all get the same key: it is written aside and linked into its place, which only one
 * of them can do. A file there that is no good key is replaced.
 */
function makeAdminKey(env: NodeJS.ProcessEnv): string {
  const folder = stateFolder(env)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const key = randomBytes(32).toString('base64url')
  const file = join(folder, NAME)
  const aside = `${file}.${process.pid}.${key.slice(0, 8)}`
  writeFileSync(aside, `${key}\n`, { flag: 'wx', mode: 0o600 })
  try {
    linkSync(aside, file)
    return key
  } catch {
    const first = keptAdminKey(env)
    if (first !== undefined) return first
    renameSync(aside, file) // what is there is no key, or the file system has no links
    return keptAdminKey(env) ?? key
  } finally {
    rmSync(aside, { force: true })
  }
}
