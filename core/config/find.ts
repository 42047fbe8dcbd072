import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { readFileAt } from '../files/read.js'
import { isRecord } from '../json/plain.js'
import { decodeText } from './text.js'

export const CODE = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']
export const DATA = ['.json', '.yaml', '.yml']

/** Names that are looked for in each folder of a project, the first one wins. */
export const CONFIG_FILES: readonly string[] = [
  ...[...CODE, ...DATA].map((ext) => `agproxy.config${ext}`),
  ...['', ...DATA].map((ext) => `.agproxyrc${ext}`),
]

/** Names in the user's own folder. */
const USER_FILES: readonly string[] = [
  ...CONFIG_FILES.filter((name) => name.startsWith('agproxy.')),
  ...[...CODE, ...DATA].map((ext) => `config${ext}`),
]

/** What ends a project upwards. Without one the working directory is all of it: its parents may belong to other users. */
const ROOT_MARKS = ['package.json', '.git']

/**
 * The user's folder for configs: `$XDG_CONFIG_HOME/agproxy` (https://specifications.freedesktop.org/basedir-spec), `~/.config/agproxy`
 * without it, `%APPDATA%\agproxy` on Windows.
 */
export function configFolder(env: NodeJS.ProcessEnv, platform: string = process.platform): string {
  const { XDG_CONFIG_HOME: named, APPDATA, HOME } = env
  if (named && isAbsolute(named)) return join(named, 'agproxy') // a relative one is invalid by the specification
  if (platform === 'win32' && APPDATA) return join(APPDATA, 'agproxy')
  return join(HOME || homedir(), '.config', 'agproxy')
}

/** The user's own config, or undefined. */
export function usersConfig(env: NodeJS.ProcessEnv): string | undefined {
  const folder = configFolder(env)
  return USER_FILES.map((name) => join(folder, name)).find((file) => existsSync(file))
}

/** The config of the project that a folder is in, or undefined. Nothing of it is run. */
export function projectsConfig(cwd: string): string | undefined {
  for (const folder of projectFolders(cwd)) {
    const found = configIn(folder)
    if (found !== undefined) return found
  }
  return undefined
}

/** A config in a folder: a file of its own, or the package.json with the key `agproxy`. */
export function configIn(folder: string): string | undefined {
  const file = CONFIG_FILES.map((name) => join(folder, name)).find((each) => existsSync(each))
  const manifest = join(folder, 'package.json')
  return file ?? (hasKey(manifest) ? manifest : undefined)
}

function projectFolders(cwd: string): string[] {
  const folders: string[] = []
  for (let at = cwd; ; at = dirname(at)) {
    folders.push(at)
    if (ROOT_MARKS.some((name) => existsSync(join(at, name)))) return folders
    if (dirname(at) === at) return [cwd]
  }
}

function hasKey(manifest: string): boolean {
  try {
    const content: unknown = JSON.parse(decodeText(readFileAt(manifest)))
    return isRecord(content) && Object.hasOwn(content, 'agproxy')
  } catch {
    return false
  }
}
