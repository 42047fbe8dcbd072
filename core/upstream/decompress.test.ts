import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import type { ByteSource } from '../contract/http.js'
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

  it('ends with the error of a reader that throws, and its source is cancelled', async () => {
    const cancel = vi.fn()
    const encoded = gzipSync('hello')
    const endless: ByteSource = { pipe: (sink) => sink.data(encoded), pause() {}, resume() {}, cancel }
    const reply = decompressed(Reply.stream(endless, { headers: { 'content-encoding': 'gzip' } }), endless)
    const error = await new Promise((resolve) => {
      const data = () => {
        throw new Error('a bug')
      }
      reply.source().pipe({ data, end() {}, error: resolve })
    })
    expect(error).toEqual(new Error('a bug'))
    expect(cancel).toHaveBeenCalled()
  })

  it.each(['constructor', 'toString', '__proto__', 'compress'])(
    'under the unknown encoding %s is refused in words',
    (encoding) => {
      expect(() => read(encoding, Buffer.from('hello'))).toThrow(`encoded as '${encoding.toLowerCase()}'`)
    },
  )
})
