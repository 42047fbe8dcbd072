import { nearest } from '../errors/nearest.js'
import type { ClientSettings } from './client-env.js'
import { CommandLineError } from './usage-error.js'

interface Shell {
  set(name: string, value: string): string
  unset(name: string): string
}

const posix: Shell = {
  set: (name, value) => `export ${name}=${plain(value) ? value : `'${value.replaceAll("'", "'\\''")}'`}\n`,
  unset: (name) => `unset ${name}\n`,
}

const fish: Shell = {
  set: (name, value) => `set -gx ${name} ${plain(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`}\n`,
  unset: (name) => `set -e ${name}\n`,
}

/** PowerShell takes curly quotes for quotes. */
const powershell: Shell = {
  set: (name, value) => `$env:${name} = '${value.replace(/['‘’‚‛]/g, '$&$&')}'\n`,
  unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue\n`,
}

/** For a batch file: at the prompt itself a percent sign can't be escaped. */
const cmd: Shell = {
  set: (name, value) => `@set "${name}=${value.replaceAll('%', '%%')}"\r\n`,
  unset: (name) => `@set "${name}="\r\n`,
}

const SHELLS: Readonly<Record<string, Shell>> = {
  sh: posix,
  bash: posix,
  zsh: posix,
  fish,
  powershell,
  pwsh: powershell,
  cmd,
}

/** Nothing in it means anything to a shell. */
const plain = (text: string) => /^[\w@%+=:,./[\]-]+$/.test(text)

/** The lines that put the settings into a shell's environment. */
export function shellLines({ set, unset }: ClientSettings, name: string): string {
  const shell = Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined
  if (!shell) {
    const names = Object.keys(SHELLS)
    throw new CommandLineError(
      `--shell: no shell '${name}'; known are ${names.join(', ')}${nearest(name, names)}`,
    )
  }
  const lines = Object.entries(set).map(([variable, value]) => shell.set(variable, value))
  return [...lines, ...unset.map((variable) => shell.unset(variable))].join('')
}

/** On Windows PowerShell, but where a POSIX shell such as Git's names itself. `SHELL` does not tell fish: it is the login shell. */
export function usualShell(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  return platform === 'win32' && !env.SHELL ? 'powershell' : 'sh'
}
