import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { changedKeys } from '../config/changes.js'
import type { ResolvedConfig } from '../config/resolved.js'
import { readFileAt } from '../files/read.js'
import type { RunningGateway } from '../server/start.js'
import type { Controls } from './controls.js'
import { withoutExit } from './exit.js'
import { withImports } from './imported.js'
import { FileWatch } from './watch.js'

/** More names than these are counted. */
const MOST_NAMES = 12

/**
 * Reloads when the config file or one that it imports is another one than before, and on SIGHUP. A config that can't be used,
 * or that is gone, changes nothing and is logged. Returns what stops the watching.
 */
export function reloadOnChange(
  running: RunningGateway,
  file: string | undefined,
  load: () => Promise<ResolvedConfig>,
  controls: Pick<Controls, 'onReload'>,
): () => void {
  const { logger, gateway } = running
  let current = file
  /** Of the files as they were read last, whether or not they could be used. */
  let tried = contentsOf(filesOf(file))
  /** Of those that are in force. */
  let inForce = digestsOf(filesOf(file))
  let isGone = false

  const watch = new FileWatch(
    () => trigger(saved),
    (text) => logger.warn(`${text}; SIGHUP reloads it too`),
  )

  /** Follows the files before they are read, so that a change that comes meanwhile is noticed. */
  const follow = async (): Promise<string> => {
    const files = filesOf(current)
    await watch.follow(files)
    const isSame = files.join('\n') === filesOf(current).join('\n')
    return isSame ? contentsOf(files) : follow()
  }

  const saved = async () => {
    if (current === undefined) return
    const contents = await follow()
    if (!existsSync(current)) {
      if (!isGone)
        logger.warn(`config not reloaded: ${current} is gone; what was loaded from it stays in force`)
      isGone = true
      return
    }
    if (contents === tried) {
      if (isGone) logger.info('the config file is back as it was')
      isGone = false
      return
    }
    isGone = false
    await reload(contents)
  }

  let latest = 0
  const reload = async (contents: string) => {
    tried = contents
    // Does not wait for the reload before, whose plugins may take long to set up. The last one wins.
    const own = ++latest
    try {
      const next = await loadFollowed(own)
      if (!next || own !== latest) return
      isGone = false
      const before = gateway.running.config
      const notes = await withoutExit(() => running.reload(next))
      const digests = digestsOf(filesOf(current))
      const changed = whatChanged(before, next, imported(inForce, digests, current))
      inForce = digests
      logger.info(`config reloaded: ${changed}; running requests finish on the old one`)
      for (const note of [...notes, ...next.warnings]) logger.warn(note)
    } catch (error) {
      if (own !== latest) return
      failed(error)
      // The file that is in force goes on being followed, not one that could not be used.
      if (current === gateway.running.config.file) return
      current = gateway.running.config.file
      tried = contents
      if ((await follow()) !== tried) watch.again()
    }
  }

  /** Another file than before is followed and then read again: it may have been saved since it was read first. Undefined for a reload that was overtaken. */
  const loadFollowed = async (own: number): Promise<ResolvedConfig | undefined> => {
    const next = await load()
    if (own !== latest) return undefined
    if (next.file === current) return next
    if (next.file === undefined) throw new Error(`${current} is gone, and no other config is found`)
    current = next.file
    const contents = await follow()
    if (own !== latest) return undefined
    tried = contents
    return loadFollowed(own)
  }

  const failed = (error: unknown) => {
    const message = (error as Error | undefined)?.message ?? String(error)
    logger.error(`config not reloaded, the old one stays in force:\n${message}`)
  }
  const trigger = (work: () => Promise<void>) => void work().catch(failed)

  trigger(async () => {
    // A file that is saved while the first look at it is under way differs from what was read above.
    if ((await follow()) !== tried) watch.again()
  })
  controls.onReload(() => trigger(async () => reload(await follow())))
  return () => {
    latest++
    watch.stop()
  }
}

/** `files`: what the config imports, such as a plugin, and has another text than before. */
function whatChanged(before: ResolvedConfig, next: ResolvedConfig, files: readonly string[]): string {
  const names = [...changedKeys(before, next), ...files]
  if (before.file !== next.file) names.unshift(`the file (${next.file})`)
  if (names.length === 0) return 'no setting changed'
  const rest = names.length - MOST_NAMES
  const told = rest > 0 ? [...names.slice(0, MOST_NAMES), `${rest} more`] : names
  return `changed ${told.length > 1 ? 'are' : 'is'} ${told.join(', ')}`
}

const filesOf = (file: string | undefined) => (file === undefined ? [] : withImports(file))

function contentsOf(files: readonly string[]): string {
  return JSON.stringify([...digestsOf(files)])
}

type Digests = ReadonlyMap<string, string>

function digestsOf(files: readonly string[]): Digests {
  return new Map(files.map((file) => [file, digestOf(file)]))
}

function digestOf(file: string): string {
  try {
    return createHash('sha256').update(readFileAt(file)).digest('base64')
  } catch {
    return ''
  }
}

/** Those that another text is in, seen from the folder of the config. */
function imported(before: Digests, now: Digests, config = ''): string[] {
  return [...now]
    .filter(([file, digest]) => file !== config && before.get(file) !== digest)
    .map(([file]) => relative(dirname(config), file))
}
