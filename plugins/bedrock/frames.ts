import { crc32 } from 'node:zlib'

/** One message of `application/vnd.amazon.eventstream`: its headers that are texts, and its payload. */
export interface Frame {
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Buffer
}

/** Length of all, length of the headers, checksum of both; and the checksum of all behind the payload. */
const PRELUDE = 12
const CHECKSUM = 4
/** AWS's own limits for a message and for its headers. */
const LARGEST = 24 * 1024 * 1024
const LARGEST_HEADERS = 128 * 1024

/**
 * Cuts bytes into the frames of AWS's event stream, https://smithy.io/2.0/aws/amazon-eventstream.html. A frame in many pieces is
 * put together once. Throws a RangeError for bytes that are none.
 */
export class FrameReader {
  #pieces: Buffer[] = []
  #held = 0
  #needed = PRELUDE

  push(chunk: Buffer, found: (frame: Frame) => void): void {
    this.#pieces.push(chunk)
    this.#held += chunk.length
    if (this.#held < this.#needed) return
    const bytes = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces)
    let at = 0
    for (;;) {
      this.#needed = PRELUDE
      if (bytes.length - at < PRELUDE) break
      this.#needed = lengthOf(bytes.subarray(at, at + PRELUDE))
      if (bytes.length - at < this.#needed) break
      found(frameOf(bytes.subarray(at, at + this.#needed)))
      at += this.#needed
    }
    this.#held = bytes.length - at
    this.#pieces = this.#held > 0 ? [bytes.subarray(at)] : []
  }

  /** Whether bytes of a frame are waiting for its rest. */
  get isInside(): boolean {
    return this.#held > 0
  }
}

function lengthOf(prelude: Buffer): number {
  if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) throw new RangeError('a wrong checksum')
  const total = prelude.readUInt32BE(0)
  const headers = prelude.readUInt32BE(4)
  if (total > LARGEST || headers > LARGEST_HEADERS || total < PRELUDE + headers + CHECKSUM)
    throw new RangeError('a wrong length')
  return total
}

function frameOf(bytes: Buffer): Frame {
  const end = bytes.length - CHECKSUM
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) throw new RangeError('a wrong checksum')
  const payload = PRELUDE + bytes.readUInt32BE(4)
  return { headers: headersIn(bytes.subarray(PRELUDE, payload)), payload: bytes.subarray(payload, end) }
}

const TEXT = 7
/** Bytes of a value by its type: true, false, byte, short, int, long; then two with a length of their own; time and UUID. */
const SIZES = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16]

function headersIn(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes.readUInt8(at)
    const name = bytes.toString('latin1', at + 1, nameEnd)
    const type = bytes.readUInt8(nameEnd)
    at = nameEnd + 1
    if (type >= SIZES.length) throw new RangeError('a header of an unknown type')
    const size = SIZES[type] ?? bytes.readUInt16BE(at)
    if (SIZES[type] === undefined) at += 2
    if (at + size > bytes.length) throw new RangeError('a header that is cut off')
    if (type === TEXT) headers[name] = bytes.toString('utf8', at, at + size)
    at += size
  }
  return headers
}
