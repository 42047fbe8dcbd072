import type { ByteSink, ByteSource } from '../contract/http.js'

/** More bytes than this held before a reader is there pause the source. */
const HOLD_LIMIT = 64 * 1024

/** The part of a source that a relay steers. */
type Control = Pick<ByteSource, 'pause' | 'resume' | 'cancel'>

/**
 * A sink at one end and a source at the other. Holds what comes before it is read: a response's first bytes arrive in
 * the same tick as its headers, a few promises before the reader is attached, and pausing the socket for that would cost
 * a turn of the event loop.
 */
export class PassThrough implements ByteSink, ByteSource {
  /** Bytes to hold before the source is paused. */
  holdLimit = HOLD_LIMIT
  #control: Control | undefined
  #sink: ByteSink | undefined
  #held: Buffer[] = []
  #heldBytes = 0
  #paused = false
  #end: { readonly error?: Error } | undefined
  #cancelled = false

  constructor(control?: Control) {
    this.#control = control
  }

  /** For a source that is known only later. One that was cancelled meanwhile is cancelled at once. */
  control(control: Control): void {
    this.#control = control
    if (this.#cancelled) control.cancel()
  }

  data(chunk: Buffer): void {
    if (this.#cancelled) return
    if (this.#sink) {
      this.#sink.data(chunk)
      return
    }
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes > this.holdLimit) this.pause()
  }

  end(): void {
    this.#close({})
  }

  error(error: Error): void {
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
    else if (this.#heldBytes > this.holdLimit) this.resume()
  }

  pause(): void {
    if (this.#end || this.#paused) return
    this.#paused = true
    this.#control?.pause()
  }

  resume(): void {
    if (this.#end || !this.#paused) return
    this.#paused = false
    this.#control?.resume()
  }

  cancel(): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.#held = []
    if (!this.#end) this.#control?.cancel()
  }

  #close(end: { readonly error?: Error }): void {
    if (this.#end) return
    this.#end = end
    if (this.#sink) this.#tell(end)
  }

  #tell({ error }: { readonly error?: Error }): void {
    if (this.#cancelled) return
    if (error) this.#sink!.error(error)
    else this.#sink!.end()
  }
}
