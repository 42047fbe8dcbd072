import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { ResolvedConfig } from '../config/resolved.js'
import type { RunningGateway } from '../server/start.js'
import type { Controls } from './controls.js'

/** Editors write a file in several steps; what comes within this many milliseconds is one change. */
const SETTLE = 100

/**
 * Reloads when the config file is saved, and when it is told to (SIGHUP). A config that can't be used is told and changes nothing. Returns
 * what stops the watching.
 */
export function reloadOnChange(
  running: RunningGateway,
  file: string | undefined,
  load: () => Promise<ResolvedConfig>,
  controls: Controls,
): () => void {
  const { logger } = running
  let last: Promise<void> = Promise.resolve()

  const reload = async () => {
    try {
      const notes = await running.reload(await load())
      logger.info('config reloaded; running requests finish on the old one')
      for (const note of notes) logger.warn(note)
    } catch (error) {
      logger.error(`config not reloaded, the old one stays in force:\n${(error as Error).message}`)
    }
  }
  // One after the other: the last one saved wins, however long each takes to build.
  const trigger = () => {
    last = last.then(reload)
  }

  let timer: NodeJS.Timeout | undefined
  const settle = () => {
    clearTimeout(timer)
    timer = setTimeout(trigger, SETTLE)
  }
  // The folder, not the file: editors save by renaming a new file over the old one, which ends a watch on the file.
  const watcher =
    file === undefined
      ? undefined
      : watch(dirname(file), (_event, name) => name === basename(file) && settle())
  watcher?.on('error', (error) =>
    logger.warn(`the config file is no longer watched (${error.message}); SIGHUP still reloads it`),
  )
  controls.onReload(trigger)
  return () => {
    clearTimeout(timer)
    watcher?.close()
  }
}
