import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { ResolvedConfig } from '../config/resolved.js'
import type { Logger } from '../contract/services.js'
import type { RunningGateway } from '../server/start.js'
import type { Controls } from './controls.js'
import { withImports } from './imported.js'

/** Editors write a file in several steps; what comes within this many milliseconds is one change. */
const SETTLE = 100

/**
 * Reloads when the config file or one that it imports is saved, and when it is told to (SIGHUP). A config that can't be
 * used is told and changes nothing. Returns what stops the watching.
 */
export function reloadOnChange(
  running: RunningGateway,
  file: string | undefined,
  load: () => Promise<ResolvedConfig>,
  controls: Controls,
): () => void {
  const { logger } = running
  let latest = 0

  // Does not wait for the reload before, whose plugins may take long to set up. The last one saved wins.
  const trigger = async () => {
    const current = ++latest
    try {
      const config = await load()
      if (current !== latest) return
      const notes = await running.reload(config)
      logger.info('config reloaded; running requests finish on the old one')
      for (const note of notes) logger.warn(note)
    } catch (error) {
      if (current !== latest) return
      logger.error(`config not reloaded, the old one stays in force:\n${(error as Error).message}`)
    }
    watchAll() // what it imports may have changed
  }

  let timer: NodeJS.Timeout | undefined
  const settle = () => {
    clearTimeout(timer)
    timer = setTimeout(trigger, SETTLE)
  }
  let watched: string[] = []
  let watchers: FSWatcher[] = []
  const watchOnly = (files: string[]) => {
    // Only when they are others: a change that comes while nobody watches would be lost.
    if (files.join('\n') === watched.join('\n')) return
    for (const watcher of watchers) watcher.close()
    watched = files
    watchers = watchFiles(files, settle, logger)
  }
  let stopped = false
  const watchAll = () => watchOnly(file === undefined || stopped ? [] : withImports(file))
  watchAll()
  controls.onReload(trigger)
  return () => {
    stopped = true
    clearTimeout(timer)
    watchAll()
  }
}

/** By folder, not by file: editors save by renaming a new file over the old one, which ends a watch on the file. */
function watchFiles(files: readonly string[], changed: () => void, logger: Logger): FSWatcher[] {
  return [...new Set(files.map((file) => dirname(file)))].map((folder) => {
    const names = new Set(files.filter((file) => dirname(file) === folder).map((file) => basename(file)))
    const watcher = watch(folder, (_event, name) => name !== null && names.has(name) && changed())
    watcher.on('error', (error) =>
      logger.warn(`the config is no longer watched (${error.message}); SIGHUP still reloads it`),
    )
    return watcher
  })
}
