import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'tsyringe'
import { z } from 'zod'
import {
  type Account,
  type Accounts,
  bytes,
  type CallHead,
  definePlugin,
  type Endpoint,
  type EndpointRequest,
  type FinishedRecord,
  GatewayError,
  type Logger,
  type Plugin,
  type PriceList,
  type Prices,
  Reply,
  tokens,
} from '../../core/index.js'
import { isPackageMissing, loggable, optionalPackage, stateFolder } from '../../core/kit.js'
import type { Database, Place } from './database.js'
import { entryOf, type Finished, finished } from './entry.js'
import type { Entry } from './schema.js'
import { sinceOf } from './since.js'
import type { Writer } from './writer.js'

const options = z.strictObject({
  /** False keeps none. Default: true. */
  enabled: z.boolean().default(true),
  /** The SQLite file. Default: `ledger.db` in the user's state folder. */
  file: z.string().min(1).optional(),
  /** `postgres://…`, for gateways on several machines. Default: none, the file is used. */
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\/./, 'expected postgres://…')
    .meta({ secret: true })
    .optional(),
  /** Requests are kept for so many days. Default: 90. */
  keepDays: z.int().min(1).max(10_000).default(90),
  /** The oldest requests go when the file is larger. Default: 500 MB. */
  maxSize: bytes().prefault('500mb'),
})

type LedgerOptions = z.output<typeof options>

/** Keeps what each request took, and sums it up; see docs/plugins/ledger.md. */
class Ledger implements Plugin {
  readonly endpoints: readonly Endpoint[]
  readonly #place: Place
  #writer: Promise<Writer<Finished>> | undefined
  #reader: Promise<Database> | undefined
  #accounts: ReadonlyMap<string, Account> | undefined
  #toldPrices = false

  constructor(
    @inject(tokens.options) private readonly options: LedgerOptions,
    @inject(tokens.accounts) private readonly accounts: Accounts,
    @inject(tokens.prices) private readonly prices: Prices,
    @inject(tokens.logger) private readonly logger: Logger,
  ) {
    this.#place = { file: options.file ?? join(stateFolder(), 'ledger.db'), url: options.url }
    const handle = (request: EndpointRequest) => this.#usage(request)
    this.endpoints = options.enabled
      ? [{ method: 'GET', path: '/_agproxy/api/usage', access: 'admin', handle }]
      : []
  }

  /** Everything that writes is loaded after the first request. */
  onFinish(record: FinishedRecord, head: CallHead): void {
    if (!this.options.enabled) return
    const item = finished(record, head)
    this.#writer ??= this.#load()
    this.#writer.then(
      (writer) => writer.add(item),
      () => {},
    )
  }

  async dispose(): Promise<void> {
    const writer = await this.#writer?.catch(() => undefined)
    await writer?.close()
    const reader = await this.#reader?.catch(() => undefined)
    await reader?.destroy()
  }

  async #load(): Promise<Writer<Finished>> {
    try {
      const { Writer } = await optionalPackage('kysely', 'the ledger', () => import('./writer.js'))
      const limits = { days: this.options.keepDays, bytes: this.options.maxSize }
      return new Writer(this.#place, limits, this.logger, (items) => this.#entries(items))
    } catch (error) {
      this.logger[isPackageMissing(error) ? 'info' : 'warn'](`there is no ledger: ${loggable(error)}`)
      throw error
    }
  }

  async #entries(items: readonly Finished[]): Promise<readonly Entry[]> {
    this.#accounts ??= new Map(this.accounts.all().map((account) => [account.id, account]))
    const accounts = this.#accounts
    const prices = items.length > 0 ? await this.#priceList() : undefined
    return items.map((item) => entryOf(item, accounts, prices))
  }

  async #priceList(): Promise<PriceList | undefined> {
    try {
      return await this.prices.load()
    } catch (error) {
      if (!this.#toldPrices) this.logger.warn(`no costs in the ledger: ${loggable(error)}`)
      this.#toldPrices = true
      return undefined
    }
  }

  async #usage(request: EndpointRequest): Promise<Reply> {
    const params = new URLSearchParams(request.query)
    const since = sinceOf(params.get('since') ?? '7d')
    const { nothing, queryOf, usageOf } = await import('./usage.js')
    const query = queryOf(params, since)
    // What this gateway has not written yet belongs to it.
    await (await this.#writer?.catch(() => undefined))?.flush()
    const { file, url } = this.#place
    if (url === undefined && !existsSync(file)) return Reply.json(nothing(query))
    try {
      this.#reader ??= import('./database.js').then(({ openReader }) => openReader(this.#place))
      return Reply.json(await usageOf(await this.#reader, query))
    } catch (error) {
      this.#reader?.then((reader) => reader.destroy()).catch(() => {})
      this.#reader = undefined
      throw unavailable(error, this.#place)
    }
  }
}

function unavailable(error: unknown, { file, url }: Place): GatewayError {
  const where = url === undefined ? file : 'the database'
  const message = `the ledger cannot be read (${where}): ${loggable(error)}`
  return new GatewayError('api_error', message, { code: 'AGP_UNAVAILABLE', status: 503, retry: false })
}

export const ledger = definePlugin({
  name: 'ledger',
  phase: 'request',
  options,
  env: { enabled: 'AGPROXY_LEDGER' },
  use: Ledger,
})
