import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs'
import { stateFolder } from '../../state/folder.js'
import { packageFolder } from '../version.js'
import { type Finding, type Patient, quoted } from './finding.js'

/** The oldest Node that the package takes, as in its `engines`. */
const OLDEST = [20, 19] as const
/** Bytes: the ledger of a busy day takes a few MB, the logs of a gateway 40 MB at most. */
const ENOUGH = 200 * 1024 * 1024

export function node(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]))
    return { about: 'node', level: 'ok', text: `${version}, agproxy from ${packageFolder}` }
  return {
    about: 'node',
    level: 'error',
    text: `${version} is older than ${OLDEST.join('.')}, the oldest that agproxy runs on`,
    mend: 'npx -y node@22 --version   # then install that version',
  }
}

/** The folder of the admin key, the registry, the logs and the ledger. */
export function disk({ context: { env } }: Pick<Patient, 'context'>): Finding {
  const folder = stateFolder(env)
  const about = 'disk'
  try {
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = statfsSync(folder)
    const free = bavail * bsize
    if (free < ENOUGH) {
      const text = `${Math.round(free / 1024 / 1024)} MB are free where ${folder} is; the ledger and the logs stop when it is full`
      return { about, level: 'warn', text, mend: `du -ah ${quoted(folder)} | sort -h | tail` }
    }
    return { about, level: 'ok', text: `${folder}, ${(free / 1024 ** 3).toFixed(1)} GB free` }
  } catch (error) {
    return {
      about,
      level: 'error',
      text: `${folder} cannot be written (${(error as NodeJS.ErrnoException).code}): no admin key, no ledger, no log file, and commands don't find the gateway`,
      mend: `mkdir -p ${quoted(folder)} && chmod u+rwx ${quoted(folder)}`,
    }
  }
}
