import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * When a process began, in the system's own words, so that a pid which was given to another program since is noticed. Undefined where there
 * is no such process; '' where the system does not tell (Windows).
 */
export function birthOf(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined
  if (process.platform === 'win32') return ''
  try {
    // The 22nd field of /proc/PID/stat, in clock ticks since the boot; the 2nd, a name in brackets, may hold spaces.
    if (process.platform === 'linux') {
      const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?!.*\) )/s)
      const fields = rest.split(' ')
      return fields[0] === 'Z' ? undefined : fields[19] // a zombie has ended
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return isAlive(pid) ? '' : undefined
  }
}

/** Whether this user has a process with that pid. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
