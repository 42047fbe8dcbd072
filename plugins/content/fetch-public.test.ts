import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
