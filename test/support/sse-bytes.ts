import type { EventData } from '../../core/contract/http.js'

export interface FrameOptions {
  readonly eol?: '\n' | '\r\n' | '\r'
  /** `data:{…}` instead of `data: {…}`; both are allowed by the grammar. */
  readonly space?: boolean
  /** `false` leaves out the `event:` lines. */
  readonly eventLines?: boolean
  /** Writes the JSON over several `data:` lines. */
  readonly multiLine?: boolean
}

/** An event as data, or bytes that are put on the wire as they are (comments, broken frames). */
export type FrameInit = EventData | string | Buffer

/** One buffer for each event, with its closing blank line. */
export function frames(events: readonly FrameInit[], options: FrameOptions = {}): Buffer[] {
  const { eol = '\n', space = true, eventLines = true, multiLine = false } = options
  const colon = space ? ': ' : ':'
  return events.map((event) => {
    if (typeof event === 'string' || Buffer.isBuffer(event)) return Buffer.from(event)
    const json = JSON.stringify(event, null, multiLine ? 1 : undefined)
    const lines = json.split('\n').map((line) => `data${colon}${line}`)
    if (eventLines) lines.unshift(`event${colon}${event.type}`)
    return Buffer.from(lines.map((line) => line + eol).join('') + eol)
  })
}

/** How the bytes are cut into writes: `event` one write an event, `byte` one write a byte, or by a size. */
export type Pieces = 'event' | 'byte' | 'whole' | number

export function inPieces(chunks: readonly Buffer[], pieces: Pieces = 'event'): Buffer[] {
  if (pieces === 'event') return [...chunks]
  const all = Buffer.concat(chunks)
  if (pieces === 'whole') return [all]
  const size = pieces === 'byte' ? 1 : pieces
  const out: Buffer[] = []
  for (let i = 0; i < all.length; i += size) out.push(all.subarray(i, i + size))
  return out
}

/** The bytes up to the middle of the first character that has more than one byte. */
export function cutInsideCharacter(chunks: readonly Buffer[]): Buffer {
  const all = Buffer.concat(chunks)
  const at = all.findIndex((byte) => byte >= 0xc0)
  if (at < 0) throw new Error('cutInsideCharacter: there is only ASCII here')
  return all.subarray(0, at + 1)
}

/** The bytes up to the middle of the n-th `data:` line, counted from 0. */
export function cutInsideData(chunks: readonly Buffer[], n = 0): Buffer {
  const frame = chunks[n]
  if (!frame) throw new Error(`cutInsideData: there are only ${chunks.length} events`)
  const start = frame.indexOf('data:')
  const half = start + Math.floor((frame.length - start) / 2)
  return Buffer.concat([...chunks.slice(0, n), frame.subarray(0, half)])
}
