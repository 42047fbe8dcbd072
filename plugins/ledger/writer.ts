import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../core/index.js'
import { isPackageMissing } from '../../core/kit.js'
import { openWriter, type Place, type WritableDatabase } from './database.js'
import { type Limits, retain } from './retention.js'
import type { Entry } from './schema.js'

/** Milliseconds from a request's end to its row; a crash loses what is younger. */
const DELAY = 250
/** Rows of one transaction: to end one costs as much as 20 rows, and the sums of their hours are written once in each. */
const BATCH = 250
/** Requests that become rows without a pause: the event loop is for requests, which get their turn behind each slice. */
const SLICE = 50
/** Rows that wait for a database; past it new ones are given up. Some 10 MB. */
const LIMIT = 10_000
/** Milliseconds between tries, while another process has the file: it needs less. */
const BUSY = 50
/** Milliseconds of that until the database counts as away. */
const BUSY_LIMIT = 3_000
/** Milliseconds until the next try, doubled each time. */
const RETRY = { first: 1_000, longest: 60_000 }
/** Milliseconds between two looks at what is too old. */
const RETAIN = 3_600_000

/**
 * Writes rows in batches, off the way of requests. A database that is away (a full disk, a locked file, a server that is down)
 * is logged once; rows wait, and writing goes on when it is back.
 */
export class Writer<Item> {
  #finished: Item[] = []
  readonly #entries: Entry[] = []
  #db: WritableDatabase | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #away = false
  #retry = RETRY.first
  #lost = 0
  #retained = 0
  #closed = false

  constructor(
    private readonly place: Place,
    private readonly limits: Limits,
    private readonly logger: Logger,
    private readonly entriesOf: (items: readonly Item[]) => Promise<readonly Entry[]>,
    private readonly open: (place: Place) => Promise<WritableDatabase> = openWriter,
  ) {}

  add(item: Item): void {
    if (this.#closed) return
    if (this.#finished.length + this.#entries.length < LIMIT) this.#finished.push(item)
    else this.#lost++
    this.#schedule(DELAY)
  }

  /** Writes what is there; resolves when it is written or can't be. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async close(): Promise<void> {
    await this.flush()
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#abandon()
  }

  #schedule(ms: number): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => void this.flush(), ms).unref()
  }

  async #write(): Promise<void> {
    try {
      // What finishes meanwhile is written the next time.
      let left = this.#finished.length
      while (left > 0 || this.#entries.length > 0) {
        while (this.#entries.length < BATCH && left > 0) {
          const items = this.#finished.splice(0, Math.min(left, SLICE))
          left -= items.length
          this.#entries.push(...(await this.entriesOf(items)))
          if (left > 0) await nextTurn()
        }
        const batch = this.#entries.slice(0, BATCH)
        await this.#patiently(async () => (await this.#open()).insert(batch))
        this.#entries.splice(0, batch.length)
        if (left > 0 || this.#entries.length > 0) await nextTurn()
      }
      if (this.#away) this.#back()
      await this.#retain()
    } catch (error) {
      this.#goAway(error)
    }
  }

  async #open(): Promise<WritableDatabase> {
    this.#db ??= await this.open(this.place)
    return this.#db
  }

  /** Again and again while another process has the file. */
  async #patiently(work: () => Promise<void>): Promise<void> {
    const until = performance.now() + (this.#away ? 0 : BUSY_LIMIT)
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw error
        await this.#abandon() // libsql keeps the refused statement open, and then no transaction can end
        await sleep(BUSY)
      }
    }
  }

  #back(): void {
    const requests = this.#lost === 1 ? 'a request is' : `${this.#lost} requests are`
    const lost = this.#lost > 0 ? `; ${requests} not in it` : ''
    this.logger.info(`the ledger is written again${lost}`)
    this.#away = false
    this.#lost = 0
    this.#retry = RETRY.first
  }

  #goAway(error: unknown): void {
    const { message } = error as Error
    if (isPackageMissing(error)) {
      this.#giveUp(message)
      return
    }
    if (!this.#away)
      this.logger.warn(`the ledger stands still: ${message}. Requests are served, and their rows wait`)
    else this.logger.debug(`the ledger stands still: ${message}`)
    this.#away = true
    void this.#abandon()
    this.#schedule(this.#retry)
    this.#retry = Math.min(this.#retry * 2, RETRY.longest)
  }

  /** A package does not come while the process runs: nothing waits for it. */
  #giveUp(message: string): void {
    this.logger.info(`there is no ledger: ${message}`)
    this.#closed = true
    this.#finished = []
    this.#entries.length = 0
  }

  async #abandon(): Promise<void> {
    const db = this.#db
    this.#db = undefined
    await db?.db.destroy().catch(() => {})
  }

  async #retain(): Promise<void> {
    if (!this.#db || Date.now() < this.#retained + RETAIN) return
    this.#retained = Date.now()
    const gone = await retain(this.#db.db, this.place, this.limits)
    if (gone > 0) this.logger.info(`the ledger let go of ${gone} old requests`)
  }
}

function isBusy(error: unknown): boolean {
  const { code = '', message = '' } = error as NodeJS.ErrnoException
  return String(code).startsWith('SQLITE_BUSY') || /database (table )?is locked/.test(message)
}
