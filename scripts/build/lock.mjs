import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds after which a lock counts as left behind, whoever's it is (a container's process ids are not ours). */
const STALE = 600_000

/**
 * Runs `work` while no other build writes into the folder. Two at once would do no harm to a running gateway, but the second
 * can use what the first has built.
 * @param {string} outdir @param {() => Promise<void>} work
 */
export async function withLock(outdir, work) {
  mkdirSync(outdir, { recursive: true })
  const file = join(outdir, '.lock')
  while (!take(file)) {
    if (isStale(file)) rmSync(file, { force: true })
    else await sleep(100)
  }
  try {
    await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** @param {string} file */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/** @param {string} file */
function isStale(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > STALE) return true
    const pid = Number(readFileSync(file, 'utf8'))
    if (pid > 0) process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH' || error.code === 'ENOENT'
  }
}
