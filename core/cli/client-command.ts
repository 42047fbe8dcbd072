import { existsSync, readFileSync } from 'node:fs'
import { posix, win32 } from 'node:path'

/** What `spawn` takes. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly verbatim?: true
}

/** Of the machine; injected, so that Windows can be tested elsewhere. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: NodeJS.ProcessEnv
  readonly exists: (path: string) => boolean
  readonly read: (path: string) => string
}

const HERE: Omit<Machine, 'env'> = {
  platform: process.platform,
  exists: existsSync,
  read: (path) => readFileSync(path, 'utf8'),
}

/**
 * How a program on the PATH is started. On Windows `spawn` finds no more than `claude.exe`, and npm installs `claude.cmd`, a
 * batch file that Node refuses to run (CVE-2024-27980) because cmd.exe reads the arguments once more: what it starts is
 * started instead, and cmd.exe only where the batch file does not say so.
 */
export function commandFor(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  machine: Machine = { ...HERE, env },
): Command {
  if (machine.platform !== 'win32') return { file: name, args }
  const found = onPath(name, machine)
  if (found === undefined || !/\.(cmd|bat)$/i.test(found)) return { file: found ?? name, args }
  const target = targetOf(found, machine)
  if (target === undefined) return throughCmd(found, args, machine.env)
  return /\.exe$/i.test(target) ? { file: target, args } : { file: process.execPath, args: [target, ...args] }
}

/** Whether something of this name is there; whether it can be started, `spawn` says, and all where there is no PATH. */
export function isOnPath(name: string, env: NodeJS.ProcessEnv, machine: Machine = { ...HERE, env }): boolean {
  if (machine.platform === 'win32') return onPath(name, machine) !== undefined
  const folders = env.PATH?.split(':')
  return folders === undefined || folders.some((folder) => machine.exists(posix.join(folder || '.', name)))
}

/** Not in the working directory, where cmd.exe looks first: a project could bring a `claude.cmd` of its own. */
function onPath(name: string, { env, exists }: Machine): string | undefined {
  const extensions = (variable(env, 'PATHEXT') ?? '.COM;.EXE;.BAT;.CMD').split(';').filter(Boolean)
  const folders = (variable(env, 'PATH') ?? '').split(';').map((folder) => folder.replace(/^"|"$/g, ''))
  return folders
    .filter((folder) => win32.isAbsolute(folder))
    .flatMap((folder) => extensions.map((extension) => win32.join(folder, name + extension.toLowerCase())))
    .find(exists)
}

/** Windows knows names of variables in any case: `Path`. */
function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const key = Object.keys(env).find((each) => each.toUpperCase() === name)
  return key === undefined ? undefined : env[key]
}

/** Of a batch file as npm, pnpm and Yarn write them: `"%dp0%\node_modules\…\cli.js" %*`. */
function targetOf(batch: string, { exists, read }: Machine): string | undefined {
  const path = /"%(?:~dp0|dp0%)\\?([^"%]+\.(?:js|cjs|mjs|exe))"\s+%\*/i.exec(read(batch))?.[1]
  if (path === undefined) return undefined
  const target = win32.join(win32.dirname(batch), path)
  return exists(target) ? target : undefined
}

/** Escaped twice: for the command line, and for the `%*` of the batch file. */
function throughCmd(batch: string, args: readonly string[], env: NodeJS.ProcessEnv): Command {
  const words = [escaped(batch), ...args.map((arg) => escaped(escaped(quoted(arg))))]
  return {
    file: variable(env, 'COMSPEC') ?? 'cmd.exe',
    args: ['/d', '/s', '/c', `"${words.join(' ')}"`],
    verbatim: true,
  }
}

/** As programs on Windows take their arguments apart: backslashes count where a quote follows. */
const quoted = (text: string) => `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\*)$/, '$1$1')}"`

/** A caret before each character that means something to cmd.exe. */
const escaped = (text: string) => text.replace(/[()\][%!^"`<>&|;, *?]/g, '^$&')
