import type { Dispatcher } from 'undici'
import type { ByteSink, ByteSource } from '../stream.js'

/** More than this held before anybody reads, and the upstream is asked to wait. */
const HOLD_LIMIT = 64 * 1024

/**
 * A response's bytes between undici and whoever reads them. What comes in the same tick as the headers is held, since the
 * reader is attached a few promises later; pausing the socket for that would cost a turn of the event loop.
 */
export class ResponseBody implements ByteSource {
  #controller: Dispatcher.DispatchController | undefined
  #sink: ByteSink | undefined
  #held: Buffer[] = []
  #heldBytes = 0
  #end: { error?: Error } | undefined
  #cancelled = false

  attach(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
  }

  push(chunk: Buffer): void {
    if (this.#cancelled) return
    if (this.#sink) return this.#sink.data(chunk)
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes > HOLD_LIMIT) this.#controller?.pause()
  }

  finish(): void {
    this.#close({})
  }

  fail(error: Error): void {
    this.#close({ error })
  }

  pipe(sink: ByteSink): void {
    if (this.#sink) throw new Error('a stream can be read once')
    this.#sink = sink
    const held = this.#held
    this.#held = []
    for (const chunk of held) {
      if (this.#cancelled) return
      sink.data(chunk)
    }
    if (this.#end) this.#tell(this.#end)
    else if (this.#heldBytes > HOLD_LIMIT) this.#controller?.resume()
  }

  pause(): void {
    if (!this.#end) this.#controller?.pause()
  }

  resume(): void {
    if (!this.#end) this.#controller?.resume()
  }

  cancel(): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.#held = []
    if (!this.#end) this.#controller?.abort(new Error('cancelled'))
  }

  #close(end: { error?: Error }): void {
    if (this.#end) return
    this.#end = end
    if (this.#sink) this.#tell(end)
  }

  #tell({ error }: { error?: Error }): void {
    if (this.#cancelled) return
    if (error) this.#sink!.error(error)
    else this.#sink!.end()
  }
}
