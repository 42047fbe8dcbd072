import { UpstreamError } from '../errors/gateway-errors.js'

const LF = 0x0a
const CR = 0x0d

/**
 * Cuts a byte stream into lines, each with its end (LF, CRLF or CR), wherever the chunks break. Work is linear however many
 * chunks one line takes. A CR at a chunk's end waits for the next byte, which may be its LF. Blank lines come together: cut
 * one by one, 4 MB of them took 1.1 s.
 */
export class LineCutter {
  /** Chunks of the line that is not complete yet. */
  #held: Buffer[] = []
  #heldBytes = 0
  #endsInCR = false

  /** `limit`: bytes that one line may have; `push` throws an UpstreamError beyond it. */
  constructor(private readonly limit = 64 * 1024 * 1024) {}

  /** Returns what was not looked at, once `onLine` has returned true. */
  push(chunk: Buffer, onLine: (line: Buffer) => boolean | void): Buffer | undefined {
    if (chunk.length === 0) return undefined
    let from = 0
    if (this.#endsInCR) {
      this.#endsInCR = false
      from = chunk[0] === LF ? 1 : 0
      if (onLine(this.#take(chunk.subarray(0, from)))) return chunk.subarray(from)
    }
    const hasCR = chunk.indexOf(CR, from) >= 0
    while (from < chunk.length) {
      const end = hasCR ? this.#endOfAny(chunk, from) : chunk.indexOf(LF, from) + 1
      if (end === 0) {
        this.#hold(chunk.subarray(from))
        return undefined
      }
      const isBlank = (chunk[from] === LF || chunk[from] === CR) && this.#held.length === 0
      const next = isBlank ? endOfRun(chunk, end) : end
      const line = this.#take(chunk.subarray(from, next))
      from = next
      if (onLine(line)) return chunk.subarray(from)
    }
    return undefined
  }

  /** The bytes have ended: returns what follows the last whole line. */
  end(onLine: (line: Buffer) => boolean | void): Buffer {
    const rest = this.#take(Buffer.alloc(0))
    if (!this.#endsInCR) return rest
    this.#endsInCR = false
    onLine(rest)
    return Buffer.alloc(0)
  }

  /** 0 where the line goes on in the next chunk. */
  #endOfAny(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte === LF) return at + 1
      if (byte !== CR) continue
      if (at + 1 < chunk.length) return chunk[at + 1] === LF ? at + 2 : at + 1
      this.#endsInCR = true
    }
    return 0
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length
    if (this.#heldBytes > this.limit)
      throw new UpstreamError('protocol', `the upstream sent a line of more than ${this.limit} bytes`)
    this.#held.push(part)
  }

  #take(last: Buffer): Buffer {
    if (this.#held.length === 0) return last
    const line = Buffer.concat([...this.#held, last])
    this.#held = []
    this.#heldBytes = 0
    return line
  }
}

function endOfRun(chunk: Buffer, from: number): number {
  let end = from
  while (chunk[end] === LF || chunk[end] === CR) end++
  return end
}
