import { Simd } from '../simd/simd.js'

/** Longer texts are read in JavaScript, as all are where there is no room. */
const LONGEST = 4 * 1024 * 1024
/** What one look reads. */
const WIDTH = 16

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The text, where it is read in JavaScript. */
let plain: Uint8Array | undefined

/** From here to the next `unload`, the bytes of a text where `skipPlain` looks at them; behind them is a zero or nothing. */
export function load(text: Uint8Array): Uint8Array {
  const view = text.length > LONGEST ? undefined : SKIP.room(text.length + WIDTH)
  plain = view ? undefined : text
  if (!view) return text
  view.set(text)
  view[text.length] = 0
  return view
}

export function unload(): void {
  plain = undefined
}

/** Offset of the next such byte at or after `at`; at the latest the end of the text. */
export function skipPlain(at: number): number {
  return plain ? skipSlowly(plain, at) : SKIP.run(at)
}

/** Stops at every escape, and at all else that the instructions below stop at. */
export function skipSlowly(bytes: Uint8Array, from: number, end = bytes.length): number {
  let at = from
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) break
  }
  return at
}

/**
 * Finds the next byte of a JSON string that needs a look: its end, a control character, an escape that is more than one
 * letter. Bodies are nearly all text: a scan of 300 kB takes a third of what the same loop over four bytes at a time takes in
 * JavaScript (Node 20).
 */
// biome-ignore format: one instruction a line
const SKIP = new Simd([
  0x02, 0x01, 0x7b, 0x01, 0x7f, // locals beside `at`: v128 bytes, i32 hits
  0x03, 0x40, // loop
  0x20, 0x00, 0xfd, 0x00, 0x00, 0x00, 0x21, 0x01, //   bytes = v128.load(at)
  0x20, 0x01, 0x41, 0x22, 0xfd, 0x0f, 0xfd, 0x23, //   bytes == '"'
  0x20, 0x01, 0x41, 0xdc, 0x00, 0xfd, 0x0f, 0xfd, 0x23, //   bytes == '\\'
  0xfd, 0x50, //   or
  0x20, 0x01, 0x41, 0x20, 0xfd, 0x0f, 0xfd, 0x26, //   bytes < 0x20, unsigned
  0xfd, 0x50, //   or
  0xfd, 0x64, 0x21, 0x02, //   hits = i8x16.bitmask
  0x20, 0x02, 0x45, 0x04, 0x40, //   if hits == 0
  0x20, 0x00, 0x41, 0x10, 0x6a, 0x21, 0x00, //     at += 16
  0x0c, 0x01, 0x0b, //     continue
  0x20, 0x00, 0x20, 0x02, 0x68, 0x6a, 0x21, 0x00, //   at += i32.ctz(hits)
  0x20, 0x00, 0x2d, 0x00, 0x00, 0x41, 0xdc, 0x00, 0x46, 0x04, 0x40, //   if u8[at] == '\\'
  0x20, 0x00, 0x2d, 0x00, 0x01, 0x41, 0xdc, 0x00, 0x6b, 0x21, 0x02, //     hits = u8[at + 1] - '\\'
  0x20, 0x02, 0x41, 0x20, 0x49, 0x04, 0x40, //     if hits < 32, unsigned
  0x41, 0xc1, 0x88, 0x90, 0x0a, 0x20, 0x02, 0x76, 0x41, 0x01, 0x71, 0x04, 0x40, //       if it is one of \ b f n r t
  0x20, 0x00, 0x41, 0x02, 0x6a, 0x21, 0x00, //         at += 2
  0x0c, 0x03, 0x0b, 0x0b, //         continue
  0x20, 0x02, 0x41, 0x46, 0x46, 0x04, 0x40, //     if it is "
  0x20, 0x00, 0x41, 0x02, 0x6a, 0x21, 0x00, //       at += 2
  0x0c, 0x02, 0x0b, 0x0b, //       continue
  0x0b, // end
  0x20, 0x00, 0x0b, // return at
])
