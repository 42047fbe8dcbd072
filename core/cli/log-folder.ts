import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { stateFolder } from '../state/folder.js'
import { birthOf } from './process-birth.js'

/** Milliseconds for which the log of a client's own gateway is kept after its end. */
const KEPT = 7 * 24 * 3_600_000

export const logFolder = (env: NodeJS.ProcessEnv) => join(stateFolder(env), 'logs')

/** The log of a gateway in the background, by its port: the next one there goes on in it. */
export const logOfPort = (env: NodeJS.ProcessEnv, port: number) => join(logFolder(env), `${port}.log`)

/** The log of this process, which runs a client's own gateway. Those of sessions that ended long ago are removed. */
export function logOfSession(env: NodeJS.ProcessEnv): string {
  const folder = logFolder(env)
  for (const { name, at } of logsIn(folder)) {
    const pid = /^session-(\d+)\.log/.exec(name)?.[1]
    if (pid === undefined || Date.now() - at < KEPT || birthOf(Number(pid)) !== undefined) continue
    rmSync(join(folder, name), { force: true })
  }
  return join(folder, `session-${process.pid}.log`)
}

/** The log that was written last, of whatever gateway. */
export function latestLog(env: NodeJS.ProcessEnv): string | undefined {
  const folder = logFolder(env)
  const logs = logsIn(folder).filter(({ name }) => name.endsWith('.log'))
  const latest = logs.sort((a, b) => b.at - a.at)[0]
  return latest && join(folder, latest.name)
}

function logsIn(folder: string): { readonly name: string; readonly at: number }[] {
  try {
    return readdirSync(folder).map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs }))
  } catch {
    return []
  }
}
