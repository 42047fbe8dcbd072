import dns from 'node:dns'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { publicAddresses } from './addresses.js'
import { fetchPublic } from './fetch-public.js'

const LIMITS = { size: 1000, timeout: 5_000 }
const everywhere = () => true

let server: Server
let base: string
let asked: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!)
    if (request.url === '/file') response.end('file')
    else if (request.url === '/large') response.end(Buffer.alloc(5_000))
    else if (request.url === '/slow') response.write('x')
    else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end()
    else if (request.url === '/hop') response.writeHead(301, { location: '/file' }).end()
    else if (request.url === '/inside') response.writeHead(302, { location: 'http://[::1]:1/' }).end()
    else if (request.url === '/scheme') response.writeHead(302, { location: 'file:///etc/passwd' }).end()
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

afterEach(() => void vi.restoreAllMocks())

describe('an address that is not public is never called', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '①②⑦.0.0.1',
    '127.0.0.1.',
    '0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '192.0.2.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[0:0:0:0:0:0:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fd00::1]',
    '[fe80::1]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[2001:0:7f00:1::]',
    '[2001:20::1]',
    '[3fff::1]',
    '[5f00::1]',
    '[64:ff9b:1::7f00:1]',
    '[fec0::1]',
    '[::ffff:0:127.0.0.1]',
    '0.0.0.0',
    '192.0.0.1',
    '192.88.99.1',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
  ])('%s', async (host) => {
    const port = new URL(base).port
    asked = []
    await expect(fetchPublic(`http://${host}:${port}/file`, LIMITS)).rejects.toThrow('not a public address')
    expect(asked).toEqual([])
  })

  it('also where a name leads to it', async () => {
    asked = []
    const url = `http://localhost:${new URL(base).port}/file`
    await expect(fetchPublic(url, LIMITS)).rejects.toThrow('not a public address')
    expect(asked).toEqual([])
  })

  it('also where a redirect leads to it', async () => {
    const isFirst = (address: string) => address === '127.0.0.1'
    await expect(fetchPublic(`${base}/inside`, LIMITS, isFirst)).rejects.toThrow('not a public address')
  })

  it('also where a name has it beside one that is public, or instead of it the second time', async () => {
    const answers = [[{ address: '127.0.0.1', family: 4 }]]
    const lookup = vi
      .spyOn(dns, 'lookup')
      .mockImplementation(((_name: string, _options: object, done: (...found: unknown[]) => void) =>
        done(null, answers.shift() ?? [{ address: '127.0.0.1', family: 4 }])) as never)
    const { port } = new URL(base)
    asked = []
    // The name that was public for the first call is this machine's for the one that the redirect leads to.
    let calls = 0
    const once = (address: string) => address === '127.0.0.1' && calls++ === 0
    await expect(fetchPublic(`http://rebinding.example:${port}/hop`, LIMITS, once)).rejects.toThrow(
      'not a public address',
    )
    expect(asked).toEqual(['/hop'])
    answers.push([
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ])
    await expect(fetchPublic(`http://both.example:${port}/file`, LIMITS)).rejects.toThrow(
      'not a public address',
    )
    expect(lookup).toHaveBeenCalled()
  })

  it("nor is one of this machine's own, which may be public", async () => {
    vi.spyOn(os, 'networkInterfaces').mockReturnValue({
      eth0: [{ address: '8.8.4.4' }, { address: '2606:4700::5%eth0' }],
    } as never)
    const isPublic = await publicAddresses()
    expect(['8.8.4.4', '::ffff:8.8.4.4', '2606:4700::5', '8.8.8.8'].filter(isPublic)).toEqual(['8.8.8.8'])
  })

  it('others are', async () => {
    const isPublic = await publicAddresses()
    expect(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'].filter(isPublic)).toHaveLength(4)
  })
})

describe('a file', () => {
  it('comes as it is, over a redirect too', async () => {
    expect((await fetchPublic(`${base}/file`, LIMITS, everywhere)).toString()).toBe('file')
    expect((await fetchPublic(`${base}/hop`, LIMITS, everywhere)).toString()).toBe('file')
    const { port } = new URL(base)
    expect((await fetchPublic(`http://localhost:${port}/file`, LIMITS, everywhere)).toString()).toBe('file')
  })

  it.each([
    ['/large', 'larger than 1000 bytes'],
    ['/none', 'status 404'],
    ['/loop', 'more than 3 redirects'],
    ['/scheme', 'not a URL of http or https'],
  ])('%s: %s', async (path, words) => {
    await expect(fetchPublic(base + path, LIMITS, everywhere)).rejects.toThrow(words)
  })

  it.each([
    ['file:///etc/passwd', 'not a URL of http or https'],
    ['no url', 'not a URL of http or https'],
    ['https://user:pass@example.com/', 'a URL with a password'],
  ])('%s: %s', async (url, words) => {
    await expect(fetchPublic(url, LIMITS, everywhere)).rejects.toThrow(words)
  })

  it('has its time', async () => {
    const limits = { size: 1000, timeout: 300 }
    await expect(fetchPublic(`${base}/slow`, limits, everywhere)).rejects.toThrow('nothing within 300 ms')
  })
})
