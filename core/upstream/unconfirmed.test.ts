import { expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { Odd, Quiet } from './unconfirmed.js'

const fed = (Held: typeof Odd | typeof Quiet, byte: string) => (size: number) => {
  const held = new Held()
  const chunk = Buffer.from(byte)
  for (let i = 0; i < size; i++) held.keep(chunk)
}
const sizes = (size: number) => size

it('a body that comes byte by byte is joined once', () => {
  const odd = new Odd()
  const text = 'data: {"type":"message_start"}'
  for (const byte of Buffer.from(text)) {
    odd.keep(Buffer.from([byte]))
    expect(odd.start).toBe(odd.bytes.toString().slice(0, 16))
  }
  expect(odd.bytes.toString()).toBe(text)
  expect(odd.length).toBe(text.length)
  expect(growth(8_000, sizes, fed(Odd, '{'))).toBeLessThan(LINEAR)
})

it('of frames that say nothing the newest 64 kB are kept, in order', () => {
  const quiet = new Quiet()
  const frame = (i: number) => Buffer.from(`: ${i}\n\n`.padEnd(100, '\n'))
  for (let i = 0; i < 10_000; i++) {
    quiet.keep(frame(i))
    if (i % 997 === 0) expect(quiet.frames.at(-1)).toEqual(frame(i))
  }
  expect(Buffer.concat(quiet.frames)).toEqual(
    Buffer.concat(Array.from({ length: 655 }, (_, i) => frame(10_000 - 655 + i))),
  )
})

// A list that was shifted took 1,000 times as long.
it('time grows in proportion to the frames that say nothing', () => {
  expect(growth(40_000, sizes, fed(Quiet, '\n'))).toBeLessThan(10 * LINEAR)
})
