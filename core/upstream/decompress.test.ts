import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Reply } from '../exchange/reply.js'
import { bytesSource } from '../stream/source.js'
import { decompressed } from './decompress.js'

function read(encoding: string, bytes: Buffer): Promise<string> {
  const source = bytesSource([bytes])
  return decompressed(Reply.stream(source, { headers: { 'content-encoding': encoding } }), source).text()
}

describe('an encoded answer', () => {
  it('is decoded, in the reverse order of its encodings', async () => {
    expect(await read('gzip, GZIP', gzipSync(gzipSync('hello')))).toBe('hello')
  })

  it.each(['constructor', 'toString', '__proto__', 'compress'])(
    'under the unknown encoding %s is refused in words',
    (encoding) => {
      expect(() => read(encoding, Buffer.from('hello'))).toThrow(`encoded as '${encoding.toLowerCase()}'`)
    },
  )
})
