import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Whether this process may read its terminal. One in the background (`agproxy start &`) is stopped by the system (SIGTTIN) when it reads,
 * and (SIGTTOU) when it sets the terminal's mode.
 */
export function isForeground(): boolean {
  try {
    if (process.platform === 'win32') return true
    if (process.platform === 'linux') {
      const [, rest = ''] = readFileSync('/proc/self/stat', 'utf8').split(/\) (?!.*\) )/s)
      const fields = rest.split(' ')
      return fields[2] === fields[5] // its process group, and the one that has the terminal
    }
    return execFileSync('ps', ['-o', 'stat=', '-p', String(process.pid)], { encoding: 'utf8' }).includes('+')
  } catch {
    return false
  }
}
