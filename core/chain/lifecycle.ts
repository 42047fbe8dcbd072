import type { Awaitable } from '../contract/awaitable.js'
import type { Logger } from '../contract/services.js'
import { TimeLimitError, withTimeLimit } from './time-limit.js'

/** Milliseconds that a `setup` may take. Without a limit one that never ends would block the start silently. */
const SETUP_LIMIT = 30_000

/** A `dispose` may take as many milliseconds as running requests get at a stop, within these bounds. */
const DISPOSE_LIMIT = { min: 1_000, max: 5_000 }

/** A plugin or an upstream. */
export interface Part {
  readonly name: string
  readonly hooks: { setup?(): Awaitable<void>; dispose?(): Awaitable<void> }
}

/** Sets the parts of a chain up, one after the other, and disposes of those that were set up, in reverse order. */
export class Lifecycle {
  readonly #ready: Part[] = []
  readonly #disposeLimit: number
  #disposing: Promise<void> | undefined

  constructor(
    private readonly logger: Logger,
    shutdownTimeout: number,
  ) {
    this.#disposeLimit = Math.max(DISPOSE_LIMIT.min, Math.min(shutdownTimeout, DISPOSE_LIMIT.max))
  }

  /** A part that is ready as it is. */
  add(part: Part): void {
    this.#ready.push(part)
  }

  async setUp(part: Part): Promise<void> {
    const setup = part.hooks.setup?.()
    try {
      await withTimeLimit(setup, SETUP_LIMIT, 'its setup')
    } catch (error) {
      if (error instanceof TimeLimitError) this.#disposeWhenSetUp(part, setup)
      throw error
    }
    this.#ready.push(part)
  }

  /** Once: a request that is cut at the stop releases a chain that is disposed of already. */
  dispose(): Promise<void> {
    this.#disposing ??= this.#disposeAll()
    return this.#disposing
  }

  async #disposeAll(): Promise<void> {
    for (const part of this.#ready.toReversed()) await this.#disposeOf(part)
  }

  async #disposeOf({ name, hooks }: Part): Promise<void> {
    try {
      await withTimeLimit(hooks.dispose?.(), this.#disposeLimit, 'dispose')
    } catch (error) {
      if (error instanceof TimeLimitError)
        this.logger.error({ plugin: name }, `plugin '${name}': ${error.message}`)
      else this.logger.error({ plugin: name, err: error }, 'dispose failed')
    }
  }

  async #disposeWhenSetUp(part: Part, setup: Awaitable<void>): Promise<void> {
    try {
      await setup
    } catch {
      return
    }
    await this.#disposeOf(part)
  }
}
