import type { AdminGuard } from '../admin/guard.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { Awaitable } from '../contract/awaitable.js'
import type { Call, CallHead } from '../contract/call.js'
import type { FinishedRecord } from '../contract/record.js'
import type { Reply } from '../contract/reply.js'
import { buildChain, type RunningChain } from './build.js'
import type { EndpointTable } from './endpoints.js'
import type { GatewayServices } from './services.js'

/** A request's hold on the chain that it began on; the chain is disposed of when the last one is released. */
export interface ChainHandle {
  readonly config: ResolvedConfig
  readonly endpoints: EndpointTable
  readonly requireAdmin: AdminGuard
  head(head: CallHead): Awaitable<Reply | undefined>
  /** A request for an upstream is about to come. */
  prepare(): void
  run(call: Call): Promise<Reply>
  /** Calls the `onFinish` hooks. The chain is kept for those that are not done at once, for at most 10 s. */
  finish(record: FinishedRecord, head: CallHead): void
  release(): void
}

/** Milliseconds that `onFinish` hooks keep a chain that was replaced. */
const FINISH_LIMIT = 10_000

interface Generation {
  readonly running: RunningChain
  users: number
  retired: boolean
  /** Plugins whose `onFinish` has failed: each is logged once at error, then at debug. */
  readonly failing: Set<string>
}

class Handle implements ChainHandle {
  #held = true
  readonly #generation: Generation

  constructor(generation: Generation) {
    this.#generation = generation
  }

  get config(): ResolvedConfig {
    return this.#generation.running.config
  }

  get endpoints(): EndpointTable {
    return this.#generation.running.endpoints
  }

  get requireAdmin(): AdminGuard {
    return this.#generation.running.requireAdmin
  }

  head(head: CallHead): Awaitable<Reply | undefined> {
    return this.#generation.running.chain.head(head)
  }

  prepare(): void {
    this.#generation.running.prepare()
  }

  run(call: Call): Promise<Reply> {
    return this.#generation.running.chain.run(call)
  }

  finish(record: FinishedRecord, head: CallHead): void {
    const generation = this.#generation
    const { logger, chain } = generation.running
    const pending = chain.finish(record, head, (error) => {
      const level = generation.failing.has(error.plugin) ? 'debug' : 'error'
      generation.failing.add(error.plugin)
      logger[level]({ id: head.id, plugin: error.plugin, hook: error.hook, err: error.cause }, error.message)
    })
    if (!pending) return
    generation.users++
    const limit = new Promise<void>((resolve) => void setTimeout(resolve, FINISH_LIMIT).unref())
    void Promise.race([pending, limit]).then(() => leave(generation))
  }

  release(): void {
    if (!this.#held) return
    this.#held = false
    leave(this.#generation)
  }
}

function leave(generation: Generation): void {
  generation.users--
  const { retired, users, running } = generation
  if (retired && users === 0) void running.dispose()
}

/** The chain in force. A reload builds the new one beside the old one and swaps at once. */
export class Gateway {
  #current: Generation
  #reloads = 0
  readonly #services: GatewayServices

  private constructor(running: RunningChain, services: GatewayServices) {
    this.#current = { running, users: 0, retired: false, failing: new Set() }
    this.#services = services
  }

  static async create(config: ResolvedConfig, services: GatewayServices): Promise<Gateway> {
    return new Gateway(await buildChain(config, services), services)
  }

  get running(): RunningChain {
    return this.#current.running
  }

  acquire(): ChainHandle {
    this.#current.users++
    return new Handle(this.#current)
  }

  /**
   * Running requests finish on the old chain. Rejects, and changes nothing, when the config cannot be built. A reload does
   * not wait for the one before, whose plugins may take long to set up: the older one rejects and is disposed of.
   */
  async reload(config: ResolvedConfig): Promise<void> {
    const reload = ++this.#reloads
    const running = await buildChain(config, this.#services)
    if (reload !== this.#reloads) {
      await running.dispose()
      throw new Error('a newer config, or the stop of the gateway, came before its plugins were set up')
    }
    this.#services.poolState.configChanged()
    this.#retire({ running, users: 0, retired: false, failing: new Set() })
  }

  /** No more requests come: answers without an end are ended, so that a stop need not wait for them. */
  retire(): void {
    this.#current.running.retire()
  }

  async close(): Promise<void> {
    this.#reloads++
    this.retire()
    this.#current.retired = true
    await this.#current.running.dispose()
  }

  #retire(next: Generation): void {
    const old = this.#current
    this.#current = next
    old.retired = true
    old.running.retire()
    if (old.users === 0) void old.running.dispose()
  }
}
