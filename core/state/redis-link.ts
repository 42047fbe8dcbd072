import type { Redis } from 'ioredis'
import type { Logger } from '../contract/services.js'
import type { Patience } from '../contract/state.js'
import { connectRedis } from './redis-connection.js'
import type { ScriptName } from './redis-scripts.js'

/** How often a Redis that was too slow is asked whether it still is. */
const PING_INTERVAL = 250
/** An answer within this long makes a connection good again. */
const PING_LIMIT = 50

export interface LinkInit {
  readonly url: string
  readonly channel: string
  readonly logger: Logger
  onNews(message: string): void
  /** From now on no more changes of others arrive. */
  onAway(): void
  /** Synchronises both sides; the link counts as up when it resolves. */
  sync(): Promise<void>
}

type Run = (...args: (string | number)[]) => Promise<unknown>

/**
 * The connection to Redis: up when it answers in time and both sides are synchronised, else away. An outage is logged once; the
 * client reconnects.
 */
export class RedisLink {
  #up = false
  #closed = false
  #syncing = false
  #told = false
  #timer: NodeJS.Timeout | undefined
  #firstUp: (() => void)[] = []
  readonly #commands: Redis
  readonly #subscriber: Redis

  constructor(private readonly init: LinkInit) {
    const { url, channel } = init
    this.#commands = connectRedis(url, 'commands')
    this.#subscriber = connectRedis(url, 'news')
    for (const redis of [this.#commands, this.#subscriber]) {
      redis.on('error', (error: Error) => this.#down(reasonOf(error)))
      redis.on('close', () => this.#down('the connection was closed'))
    }
    this.#commands.on('ready', () => void this.#rejoin())
    this.#subscriber.on('ready', () => {
      this.#subscriber.subscribe(channel).then(
        () => this.#rejoin(),
        () => {},
      )
    })
    this.#subscriber.on('message', (_channel, message) => this.init.onNews(message))
  }

  get up(): boolean {
    return this.#up
  }

  /** Whether a message to Redis makes sense. */
  get open(): boolean {
    return this.#up || this.#syncing
  }

  /** Resolves when Redis is there, or after `ms`. */
  whenUp(ms: number): Promise<void> {
    if (this.#up) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#firstUp.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Runs a script with all the time that it needs. */
  run(script: ScriptName, ...args: (string | number)[]): Promise<unknown> {
    return (this.#commands as unknown as Record<ScriptName, Run>)[script](...args)
  }

  /** Runs a script without waiting for its answer. Resolves with whether it was done. */
  tell(script: ScriptName, ...args: (string | number)[]): Promise<boolean> {
    return this.run(script, ...args).then(
      () => true,
      (error: Error) => {
        this.#down(reasonOf(error))
        return false
      },
    )
  }

  /** The answer of a script within the patience left; undefined when it did not come. */
  async ask<T>(
    patience: Patience,
    script: ScriptName,
    ...args: (string | number)[]
  ): Promise<{ readonly answer: T } | undefined> {
    if (!this.#up || patience.left <= 0) return undefined
    const asked = performance.now()
    const answer = this.run(script, ...args).then(
      (value) => ({ answer: value as T }),
      () => undefined,
    )
    const outcome = await within(answer, patience.left)
    patience.left -= performance.now() - asked
    if (outcome === LATE) this.#goAway() // one slow answer is not logged; the next ping decides
    return outcome === LATE ? undefined : outcome
  }

  async close(): Promise<void> {
    const wasUp = this.#up
    this.#closed = true
    this.#up = false
    clearTimeout(this.#timer)
    if (wasUp)
      await within(
        this.#commands.quit().catch(() => {}),
        PING_LIMIT,
      ) // sends what was published last
    this.#commands.disconnect()
    this.#subscriber.disconnect()
  }

  #down(reason: string): void {
    if (this.#closed) return
    this.#goAway()
    if (this.#told) return
    this.#told = true
    this.init.logger.warn(
      `Redis is away (${reason}): going on with what this gateway knows, until it is back`,
    )
  }

  #goAway(): void {
    const wasUp = this.#up
    this.#up = false
    if (wasUp) this.init.onAway()
    this.#lookAgain()
  }

  #lookAgain(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#rejoin(), PING_INTERVAL)
    this.#timer.unref()
  }

  async #rejoin(): Promise<void> {
    if (this.#up || this.#closed || this.#syncing) return
    if (this.#commands.status !== 'ready' || this.#subscriber.status !== 'ready') return
    this.#syncing = true
    try {
      const pong = await within(
        this.#commands.ping().catch(() => LATE),
        PING_LIMIT,
      )
      if (pong === LATE) return this.#down('it does not answer in time')
      await this.init.sync()
      // It may have gone again meanwhile.
      if (this.#commands.status !== 'ready' || this.#subscriber.status !== 'ready') return this.#lookAgain()
      this.#up = true
      if (this.#told) this.init.logger.info('Redis is back: state is shared again')
      this.#told = false
      for (const resolve of this.#firstUp.splice(0)) resolve()
    } catch (error) {
      this.#down(reasonOf(error as Error))
    } finally {
      this.#syncing = false
    }
  }
}

const LATE = Symbol('late')

/**
 * The outcome, or LATE after `ms`. A process that was busy for longer finds the timer and the answer due together, and the
 * timer runs first: so the answer gets one more turn.
 */
function within<T>(outcome: Promise<T>, ms: number): Promise<T | typeof LATE> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => setImmediate(() => setImmediate(() => resolve(LATE))), ms)
    void outcome.then((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}

/** Without the address, which may hold a password. */
function reasonOf(error: Error & { code?: string }): string {
  return error.code ?? error.message.split('\n')[0]!.replace(/\w+:\/\/\S+/g, 'its URL')
}
