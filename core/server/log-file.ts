import { closeSync, fstatSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Bytes of a log file, after which it is put aside as `.1`, that as `.2` … */
const LIMIT = 10 * 1024 * 1024
/** Files that are kept beside the newest. */
const KEPT = 3

/**
 * A log file that stays small. Several processes may write to one (the workers of a gateway): each looks before a write whether the file
 * under this name is still the one that it has open, as another may have put that aside.
 */
export class LogFile {
  #fd: number | undefined

  constructor(
    readonly path: string,
    private readonly limit = LIMIT,
  ) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  }

  /** Where the next lines go. */
  readonly fd = (): number => {
    if (this.#fd !== undefined && this.#isCurrent(this.#fd)) return this.#fd
    if (this.#fd !== undefined) closeSync(this.#fd)
    if (this.#size() >= this.limit) this.#putAside()
    this.#fd = openSync(this.path, 'a', 0o600)
    return this.#fd
  }

  #isCurrent(fd: number): boolean {
    try {
      const { ino, size } = statSync(this.path)
      return size < this.limit && fstatSync(fd).ino === ino
    } catch {
      return false // it was removed
    }
  }

  #size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0
  }

  #putAside(): void {
    for (let i = KEPT - 1; i >= 0; i--) {
      try {
        renameSync(i === 0 ? this.path : `${this.path}.${i}`, `${this.path}.${i + 1}`)
      } catch {
        // not so many so far
      }
    }
  }
}
