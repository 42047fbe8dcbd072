import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { TestConfig } from '../../test/harness/gateway.js'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { ask } from '../../test/support/client.js'
import { expectError } from '../../test/support/expect-error.js'
import { direct, stand } from '../../test/support/stand.js'
import { zstdStored } from '../../test/support/zstd.js'

const withServer = (server: object) => ({
  config: (url: string): TestConfig => ({ ...direct(url), server: server as never }),
})
const plain = Buffer.from(JSON.stringify(ask({ metadata: { user_id: 'é'.repeat(500) } })))
const hasZstd = 'zstdDecompress' in zlib

describe('a compressed request', () => {
  it.each<[string, Buffer]>([
    ['gzip', zlib.gzipSync(plain)],
    ['x-gzip', zlib.gzipSync(plain)],
    ['GZip', Buffer.concat([zlib.gzipSync(plain.subarray(0, 100)), zlib.gzipSync(plain.subarray(100))])],
    ['deflate', zlib.deflateSync(plain)],
    ['deflate', zlib.deflateRawSync(plain)],
    ['br', zlib.brotliCompressSync(plain)],
    ['identity', plain],
    ['', plain],
    ['gzip, br', zlib.brotliCompressSync(zlib.gzipSync(plain))],
    ...(hasZstd ? [['zstd', zstdStored(plain)] as [string, Buffer]] : []),
  ])('in %j reaches the upstream as it was before', async (encoding, body) => {
    const { up, send } = await stand(anthropicUpstream())
    const seen = await send({ body, headers: { 'content-encoding': encoding } })
    expect(seen.status).toBe(200)
    expect(up.requests[0]!.body.equals(plain)).toBe(true)
    const sent = Object.fromEntries(up.requests[0]!.headers)
    expect(sent).toMatchObject({ 'content-length': String(plain.length) })
    expect(sent).not.toHaveProperty('content-encoding')
  })

  it('is counted as any other', async () => {
    const { up, send } = await stand(anthropicUpstream())
    const body = zlib.gzipSync(plain)
    const path = '/v1/messages/count_tokens'
    expect((await send({ path, body, headers: { 'content-encoding': 'gzip' } })).status).toBe(200)
    expect(up.requests[0]!.body.equals(plain)).toBe(true)
    expect(up.requests[0]!.headers.map(([name]) => name)).not.toContain('content-encoding')
  })

  it.each([
    ['gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['br', zlib.brotliCompressSync],
  ])(
    'in %s is a 413 when it unpacks to more than the limit, and passes when it just fits',
    async (encoding, pack) => {
      const { up, send } = await stand(anthropicUpstream(), withServer({ bodyLimit: '1mb' }))
      const headers = { 'content-encoding': encoding }
      const padded = (size: number) =>
        `${JSON.stringify(ask())}${' '.repeat(size - JSON.stringify(ask()).length)}`
      for (const size of [1024 * 1024 + 1, 40 * 1024 * 1024]) {
        const body = pack(padded(size))
        expectError(
          await send({ body, headers }),
          413,
          'request_too_large',
          /unpacks.*server\.bodyLimit \(1048576\)/,
        )
      }
      expect(up.requests).toHaveLength(0)
      expect((await send({ body: pack(padded(1024 * 1024)), headers })).status).toBe(200)
    },
  )

  it.each<[string, RegExp]>([
    ['compress', /found 'compress'; allowed: gzip, deflate, br/],
    ['aws-chunked, gzip', /found 'aws-chunked'/],
    ['constructor', /found 'constructor'/],
    ['gzip, gzip, gzip', /encoded 3 times.*at most 2/],
    ...(hasZstd
      ? []
      : [['zstd', /zstd needs Node 22\.15 or later, and the gateway runs on v\d+/] as [string, RegExp]]),
  ])('in %j is a 415 that says what is allowed', async (encoding, words) => {
    const { up, send } = await stand(anthropicUpstream())
    const seen = await send({ body: zlib.gzipSync(plain), headers: { 'content-encoding': encoding } })
    expectError(seen, 415, 'invalid_request_error', words)
    expect(seen.headers['accept-encoding']).toMatch(/^gzip, deflate, br/)
    expect(seen.headers['x-should-retry']).toBe('false')
    expect(up.requests).toHaveLength(0)
  })

  it.each([
    ['gzip', plain],
    ['gzip', zlib.gzipSync(plain).subarray(0, -20)],
    ['deflate', zlib.deflateSync(plain).subarray(0, 40)],
    ['br', zlib.gzipSync(plain)],
  ])('that is no %s is a 400 in words', async (encoding, body) => {
    const { up, send } = await stand(anthropicUpstream())
    const seen = await send({ body, headers: { 'content-encoding': encoding } })
    expectError(seen, 400, 'invalid_request_error', new RegExp(`not valid ${encoding}.*content-encoding`))
    expect(up.requests).toHaveLength(0)
  })
})
