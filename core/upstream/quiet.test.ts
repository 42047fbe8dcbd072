import { expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { Quiet } from './quiet.js'

const fed = (size: number) => {
  const quiet = new Quiet()
  for (let i = 0; i < size; i++) quiet.keep(Buffer.from('\n'))
}

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
  expect(growth(40_000, (size) => size, fed)).toBeLessThan(10 * LINEAR)
})
