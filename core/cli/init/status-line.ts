import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { isRecord, parseJson } from '../../json/plain.js'
import { lineOf } from '../client-extras.js'
import type { CliContext } from '../context.js'
import { ownName } from '../own-name.js'
import { UsageError } from '../usage-error.js'
import { packageFolder } from '../version.js'

/** Claude Code's settings of this user, for every project. */
export const settingsFile = (env: NodeJS.ProcessEnv) =>
  join(env.CLAUDE_CONFIG_DIR || join(env.HOME || homedir(), '.claude'), 'settings.json')

/** Whether a line is chosen already, ours or another. */
export function hasStatusLine(env: NodeJS.ProcessEnv): boolean {
  const file = settingsFile(env)
  if (!existsSync(file)) return false
  const settings = parseJson(readFileSync(file, 'utf8'))
  return isRecord(settings) && settings.statusLine !== undefined
}

/** What the settings need. */
export function statusLine({ cwd, env }: CliContext) {
  const isInstalled = ownName(cwd, env) === 'agproxy'
  return isInstalled
    ? { type: 'command', command: 'agproxy statusline', padding: 0 }
    : lineOf([process.execPath, process.argv[1] ?? join(packageFolder, 'dist', 'bin.js')])
}

/** For those who edit their settings themselves. */
export const statusLineText = (context: CliContext) =>
  `To see it in every session, put this into ${settingsFile(context.env)}:\n  "statusLine": ${JSON.stringify(statusLine(context))}\n`

/**
 * Adds the line to the user's settings. All else in them stays, and so do the file's mode and a link to it.
 *
 * @throws UsageError when the file is no JSON object; nothing is written then
 */
export function writeStatusLine(context: CliContext): void {
  const file = settingsFile(context.env)
  const isThere = existsSync(file)
  const text = isThere ? readFileSync(file, 'utf8') : '{}'
  const settings = parseJson(text)
  if (!isRecord(settings)) throw new UsageError(`${file} is no JSON object; it was left as it is`)
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  '
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const real = isThere ? realpathSync(file) : file
  const written = JSON.stringify({ ...settings, statusLine: statusLine(context) }, undefined, indent)
  writeFileSync(`${real}.new`, `${written}\n`, { mode: isThere ? statSync(real).mode & 0o777 : 0o600 })
  renameSync(`${real}.new`, real)
}
