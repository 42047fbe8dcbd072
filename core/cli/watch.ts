import { type FSWatcher, statSync, watch } from 'node:fs'
import { readlink, stat } from 'node:fs/promises'
import { basename, join, parse, resolve, sep } from 'node:path'

/** Editors write a file in several steps; what comes within this many milliseconds is one change. */
const SETTLE = 100

/**
 * Milliseconds between two looks at the files themselves. They find what no watcher tells: a folder that was replaced, a
 * network file system, a system without a free inotify instance (Linux gives a user 128, and editors take many).
 */
const INTERVAL = 2_000

/** No real path has more links; the kernel's own limit is 40. */
const MOST_LINKS = 40

/** Folders, each with the names in it that matter. */
type Places = Map<string, Set<string>>

/**
 * Calls `changed` when one of some files is another one than before, however that came about: saved in place, saved by
 * renaming, reached through links of which one was set anew, in a folder that was moved away and back.
 */
export class FileWatch {
  #files: readonly string[] = []
  #seen: string | undefined
  #places: Places = new Map()
  /** By folder and inode, so that a folder that was replaced gets a watcher of its own. */
  readonly #watchers = new Map<string, FSWatcher>()
  #settling: NodeJS.Timeout | undefined
  readonly #interval: NodeJS.Timeout
  #stopped = false
  #warned = false

  constructor(
    private readonly changed: () => void,
    private readonly warn: (text: string) => void,
  ) {
    this.#interval = setInterval(() => void this.#look(false), INTERVAL).unref()
  }

  /** Follows these files from now on, and no other. Resolves once a change is noticed. */
  async follow(files: readonly string[]): Promise<void> {
    this.#files = files
    this.#seen = await this.#state(files)
  }

  /** Calls `changed` once the files have settled, whether or not they are others than before. */
  again(): void {
    this.#seen = ''
    this.#settle()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#settling)
    clearInterval(this.#interval)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** A change that was not waited for may be half of one. */
  async #look(isSettled: boolean): Promise<void> {
    const files = this.#files
    const now = await this.#state(files)
    if (this.#stopped || files !== this.#files || this.#seen === undefined || now === this.#seen) return
    if (!isSettled) return this.#settle()
    this.#seen = now
    this.changed()
  }

  /** What tells one version of the files from another. Watches the folders that lead to them on the way. */
  async #state(files: readonly string[]): Promise<string> {
    const places: Places = new Map()
    const stamps = await Promise.all(files.map((file) => stampOf(file, places)))
    if (!this.#stopped && files === this.#files) this.#watch(places)
    return stamps.join('\n')
  }

  #watch(places: Places): void {
    this.#places = places
    const wanted = new Map<string, string>()
    for (const folder of places.keys()) {
      const inode = inodeOf(folder)
      if (inode) wanted.set(`${folder} ${inode}`, folder)
    }
    for (const [key, watcher] of this.#watchers) {
      if (wanted.has(key)) continue
      watcher.close()
      this.#watchers.delete(key)
    }
    for (const [key, folder] of wanted) if (!this.#watchers.has(key)) this.#watchFolder(key, folder)
  }

  /** By folder, not by file: editors save by renaming a new file over the old one, which ends a watch on the file. */
  #watchFolder(key: string, folder: string): void {
    try {
      const watcher = watch(folder, (_event, name) => {
        // A folder that is moved or removed tells of itself by its own name.
        if (name === null || name === basename(folder) || this.#places.get(folder)?.has(name)) this.#settle()
      })
      watcher.unref()
      watcher.on('error', (error) => this.#failed(error))
      this.#watchers.set(key, watcher)
    } catch (error) {
      this.#failed(error as Error)
    }
  }

  /** A watcher is a comfort: without one a change is noticed later. */
  #failed({ message }: Error): void {
    if (this.#warned || this.#stopped) return
    this.#warned = true
    this.warn(
      `the config cannot be watched (${message}); its files are looked at every ${INTERVAL / 1000} s instead`,
    )
  }

  #settle(): void {
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => void this.#look(true), SETTLE).unref()
  }
}

/** The file that a path leads to, and its version. Notes each place on the way where another target may be put. */
async function stampOf(path: string, places: Places): Promise<string> {
  const { root } = parse(path)
  let at = root
  let rest = partsOf(path)
  for (let links = 0; rest.length > 0; ) {
    const [name, ...further] = rest as [string, ...string[]]
    const target = links < MOST_LINKS ? await readlink(join(at, name)).catch(() => undefined) : undefined
    if (target !== undefined || further.length === 0) note(places, at, name)
    if (target === undefined) {
      at = join(at, name)
      rest = further
    } else {
      links++
      rest = [...partsOf(resolve(at, target)), ...further]
      at = root
    }
  }
  const found = await stat(at).catch(() => undefined)
  return found ? `${at} ${found.dev} ${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}` : `${at} -`
}

const partsOf = (path: string) => path.slice(parse(path).root.length).split(sep).filter(Boolean)

function note(places: Places, folder: string, name: string): void {
  const names = places.get(folder)
  if (names) names.add(name)
  else places.set(folder, new Set([name]))
}

/** Undefined for a folder that is gone; its parts that are left are noted, or the next look finds it again. */
function inodeOf(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(folder)
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}
