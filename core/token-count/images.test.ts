import { describe, expect, it } from 'vitest'
import { imageSize, imageTokens, TYPICAL_IMAGE } from './images.js'

const hex = (...parts: string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex')

const JFIF = 'ffd8 ffe000104a46494600010100000100010000'
const TABLE = `ffdb0043 00${'10'.repeat(64)}`
/** A segment as long as one can be: a preview, a colour profile. */
const APP1 = `ffe1ffff${'ab'.repeat(0xffff - 2)}`
const sof = (marker: string) => `ff${marker} 00110800c8012c030122`

/** The first bytes of files of 300 × 200 pixels that Pillow 12 wrote. */
const FILES: [string, Buffer][] = [
  ['PNG', hex('89504e470d0a1a0a 0000000d 49484452 0000012c000000c8')],
  ['GIF', hex('474946383761 2c01c800 810000')],
  ['lossy WebP', hex('52494646c4000000 57454250 56503820 b8000000 f01000 9d012a 2c01c800')],
  ['lossless WebP', hex('5249464624000000 57454250 5650384c 17000000 2f 2bc13100')],
  ['extended WebP', hex('52494646f0000000 57454250 56503858 0a000000 10000000 2b0100 c70000')],
  ['baseline JPEG', hex(JFIF, TABLE, sof('c0'))],
  ['progressive JPEG', hex(JFIF, TABLE, sof('c2'))],
  ['JPEG with a Huffman table first', hex(JFIF, 'ffc40004abcd', sof('c0'))],
  ['JPEG with fill bytes', hex(JFIF, 'ffff', TABLE, sof('c0'))],
  ['JPEG behind two large segments', hex(JFIF, APP1, APP1, sof('c0'))],
]

describe('imageSize', () => {
  it.each(FILES)('reads a %s', (_, file) => {
    expect(imageSize(file)).toEqual({ width: 300, height: 200 })
  })

  it.each(FILES)('knows no size of a %s that is cut', (_, file) => {
    const step = Math.ceil(file.length / 200)
    for (let end = 0; end < file.length - 4; end += step) {
      expect(imageSize(file.subarray(0, end)), `${end} bytes`).toBeUndefined()
    }
  })

  it.each([
    ['text', Buffer.from('just some text')],
    ['a JPEG without a frame', hex(JFIF, 'ffda0004abcd', '00'.repeat(50))],
    ['an unknown WebP', hex('52494646c4000000 57454250 58585858 b8000000', '00'.repeat(20))],
    ['no pixels', hex('474946383761 00000000 810000')],
  ])('knows no size of %s', (_, file) => {
    expect(imageSize(file)).toBeUndefined()
  })
})

describe('imageTokens', () => {
  it.each(FILES)('counts a %s by its size', (_, file) => {
    const base64 = Buffer.concat([file, Buffer.alloc(1_000_000)]).toString('base64')
    expect(imageTokens(base64)).toBe(11 * 8)
  })

  it('takes anything else for a large image', () => {
    expect(imageTokens('')).toBe(TYPICAL_IMAGE)
    expect(imageTokens('§§ not base64')).toBe(TYPICAL_IMAGE)
  })
})
