import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * The user's folder for what outlives a process: `$XDG_STATE_HOME/agproxy` (https://specifications.freedesktop.org/basedir-spec),
 * `~/.local/state/agproxy` without it, `%LOCALAPPDATA%\agproxy` on Windows. It may not exist yet; make it with mode 0700.
 */
export function stateFolder(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  return join(base(env, platform), 'agproxy')
}

function base({ XDG_STATE_HOME: named, LOCALAPPDATA, HOME }: NodeJS.ProcessEnv, platform: string): string {
  if (named && isAbsolute(named)) return named // a relative one is invalid by the specification
  if (platform === 'win32' && LOCALAPPDATA) return LOCALAPPDATA
  return join(HOME || homedir(), '.local', 'state')
}
