import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../core/index.js'
import { loggable } from '../../core/kit.js'

/** Writes cassettes, one after the other, off the way of requests. What goes wrong is logged once, and hurts no request. */
export class CassetteFiles {
  #writing: Promise<void> = Promise.resolve()
  #count: number | undefined
  #told = false

  constructor(
    private readonly dir: string,
    private readonly most: number,
    private readonly logger: Logger,
  ) {}

  /** `text` is made when its turn comes. */
  add(name: string, text: () => string): void {
    this.#writing = this.#writing
      .then(() => this.#write(name, text))
      .catch((error) => this.#tell(loggable(error)))
  }

  flush(): Promise<void> {
    return this.#writing
  }

  async #write(name: string, text: () => string): Promise<void> {
    if (this.#count === undefined) {
      await mkdir(this.dir, { recursive: true, mode: 0o700 })
      this.#count = (await readdir(this.dir)).filter((file) => file.endsWith('.json')).length
    }
    if (this.#count >= this.most) return this.#tell(`${this.dir} has ${this.#count} already (maxFiles)`)
    // Under another name until it is whole: a replay may be reading the folder.
    const unfinished = join(this.dir, `.${name}.part`)
    await writeFile(unfinished, text(), { mode: 0o600 })
    await rename(unfinished, join(this.dir, name))
    this.#count++
  }

  #tell(why: string): void {
    if (!this.#told) this.logger.warn(`a cassette is not written: ${why}`)
    this.#told = true
  }
}
