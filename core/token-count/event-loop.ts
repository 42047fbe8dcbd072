/**
 * Lets the computations of several requests share the event loop: each turn of the loop runs one slice of one of them.
 * With plain `setImmediate` all that wait run in the same turn; 26 counts at once, as `/context` asks for, would then hold
 * up every stream of the gateway for 26 slices on end.
 */
export class TurnQueue {
  readonly #waiting: (() => void)[] = []

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) setImmediate(this.#run)
    })
  }

  readonly #run = () => {
    this.#waiting.shift()!()
    if (this.#waiting.length > 0) setImmediate(this.#run)
  }
}
