import { UpstreamError } from '../errors/gateway-errors.js'

const LF = 0x0a
const CR = 0x0d

/**
 * Cuts a byte stream into event frames, wherever the chunks break: inside a UTF-8 character, between CR and LF,
 * in a field's name. Each frame keeps its bytes and its closing blank line, so that what went in comes out.
 * Work is linear however many chunks one event takes (a 20 MB event in 64 kB chunks). Blank lines between two events are one
 * frame: a frame each, 4 MB of them took 5.5 s.
 */
export class FrameDecoder {
  /** Chunks of the frame that is not complete yet. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** No byte of the current line so far. */
  #lineEmpty = true
  #afterCR = false
  readonly #limit: number

  /** `limit`: bytes that one frame may have; `push` throws an UpstreamError beyond it. */
  constructor(limit = 64 * 1024 * 1024) {
    this.#limit = limit
  }

  /** `onFrame` returns true when it has seen enough: the rest of the chunk is then not looked at. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => boolean | void): void {
    if (chunk.length === 0) return
    let from = 0
    let enough = false
    const hasCR = this.#afterCR || chunk.indexOf(CR) >= 0
    const cut = (end: number) => {
      enough = onFrame(this.#take(chunk.subarray(from, end))) === true
      from = end
      return enough
    }
    const isFirst = (at: number) => at === from && this.#held.length === 0
    if (hasCR) this.#scanAny(chunk, cut, isFirst)
    else this.#scanLF(chunk, cut, isFirst)
    if (!enough && from < chunk.length) this.#hold(chunk.subarray(from))
  }

  /** The bytes after the last complete frame; empty when the stream ended cleanly. */
  rest(): Buffer {
    return this.#take(Buffer.alloc(0))
  }

  /** The usual case, line ends are LF alone: native search from line to line. */
  #scanLF(chunk: Buffer, cut: (end: number) => boolean, isFirst: (at: number) => boolean): void {
    let line = 0
    for (;;) {
      let end = chunk.indexOf(LF, line)
      if (end === line && isFirst(line)) while (chunk[end + 1] === LF) end++
      if (end < 0) {
        if (line < chunk.length) this.#lineEmpty = false
        return
      }
      if (chunk[line] === LF && this.#lineEmpty && cut(end + 1)) return
      this.#lineEmpty = true
      line = end + 1
    }
  }

  #scanAny(chunk: Buffer, cut: (end: number) => boolean, isFirst: (at: number) => boolean): void {
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]
      if (byte === LF && this.#afterCR) {
        this.#afterCR = false // the second half of a CRLF that was already counted
      } else if (byte === LF || byte === CR) {
        this.#afterCR = byte === CR
        const blank = this.#lineEmpty
        this.#lineEmpty = true
        if (!blank) continue
        if (isFirst(i)) while (chunk[i + 1] === CR || chunk[i + 1] === LF) i++
        else if (byte === CR && chunk[i + 1] === LF) i++
        this.#afterCR = chunk[i] === CR
        if (cut(i + 1)) return
      } else {
        this.#afterCR = false
        this.#lineEmpty = false
      }
    }
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length
    if (this.#heldBytes > this.#limit)
      throw new UpstreamError('protocol', `the upstream sent an event of more than ${this.#limit} bytes`)
    this.#held.push(part)
  }

  #take(last: Buffer): Buffer {
    if (this.#held.length === 0) return last
    const frame = Buffer.concat([...this.#held, last])
    this.#held = []
    this.#heldBytes = 0
    return frame
  }
}
