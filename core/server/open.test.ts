import cluster from 'node:cluster'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type PeerCertificate } from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { certificateOf } from './certificate.js'
import { addressOf, openListener } from './open.js'

const options = (host: string, port = 0) => ({ host, port, https: false as const })
async function open(host: string, port = 0) {
  const opened = await openListener(
    (_req, res) => void res.end('ok'),
    await addressOf(host),
    options(host, port),
  )
  onTestFinished(() => void opened.server.close())
  return opened
}

const reaches = (port: number, host: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ port, host })
    const end = (reached: boolean) => {
      socket.destroy()
      resolve(reached)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })

describe('the address that is opened', () => {
  test.each(['127.0.0.1', '127.0.0.2', '::1'])('%s, and no other', async (host) => {
    const { server, url, network } = await open(host)
    const { address, port } = server.address() as AddressInfo
    expect(address).toBe(host)
    expect(url).toBe(host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`)
    expect(network).toEqual([])
    expect(await reaches(port, host)).toBe(true)
    expect(await reaches(port, host === '127.0.0.1' ? '::1' : '127.0.0.1')).toBe(false)
  })

  test('of a name, whatever its letters', async () => {
    const { server, url } = await open('LocalHost')
    const { address, port } = server.address() as AddressInfo
    expect(['127.0.0.1', '::1']).toContain(address)
    expect(url).toBe(`http://LocalHost:${port}`)
  })

  test.each(['0.0.0.0', '::'])('%s: others are told how to reach it', async (host) => {
    const { network } = await open(host)
    const external = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    const reachable = external.some(
      ({ internal, family, address }) =>
        !internal && !/^(fe80|169\.254)/.test(address) && (family === 'IPv4' || host === '::'),
    )
    expect(network.length > 0).toBe(reachable)
  })

  // A worker that opened the shared port to see whether it is free took connections from the others, and answered none.
  test('is opened once by a worker', async () => {
    const listen = vi.spyOn(Server.prototype, 'listen')
    const worker = vi.spyOn(cluster, 'isWorker', 'get').mockReturnValue(true)
    onTestFinished(() => void vi.restoreAllMocks())
    await open('127.0.0.1')
    expect(listen).toHaveBeenCalledOnce()
    expect(worker).toHaveBeenCalled()
  })

  test('a name that nobody has', async () => {
    await expect(addressOf('no-such-host.invalid')).rejects.toMatchObject({
      code: expect.stringMatching(/^E/),
    })
  })

  test('is compared with what was asked for, and closed where it is another one', async () => {
    const address = vi.spyOn(Server.prototype, 'address')
    const close = vi.spyOn(Server.prototype, 'close')
    vi.spyOn(cluster, 'isWorker', 'get').mockReturnValue(true) // listhen closes listeners of its own
    onTestFinished(() => void vi.restoreAllMocks())
    address.mockReturnValue({ address: '0.0.0.0', family: 'IPv4', port: 4711 })
    await expect(open('127.0.0.1')).rejects.toThrow(
      'asked to listen on 127.0.0.1, port 0, the system opened 0.0.0.0, port 4711',
    )
    expect(close).toHaveBeenCalledOnce()
  })

  test.each([1, 22, 6000, 10080])(
    'no client could call port %i, and no other is opened for it',
    async (port) => {
      const listen = vi.spyOn(Server.prototype, 'listen')
      onTestFinished(() => void vi.restoreAllMocks())
      await expect(open('127.0.0.1', port)).rejects.toThrow(
        `cannot listen on port ${port}: fetch and browsers refuse to call it`,
      )
      expect(listen).not.toHaveBeenCalled()
    },
  )
})

describe('TLS', () => {
  /** Speaks TLS with the gateway and trusts `ca` alone. */
  const handshake = (port: number, ca: string, host: string) =>
    new Promise<PeerCertificate>((resolve, reject) => {
      const socket = connectTls({ port, host: '127.0.0.1', servername: host, ca }, () => {
        resolve(socket.getPeerCertificate())
        socket.destroy()
      })
      socket.once('error', reject)
    })

  async function openTls(https: Parameters<typeof certificateOf>[0]) {
    const opened = await openListener(() => {}, '127.0.0.1', { host: '127.0.0.1', port: 0, https })
    onTestFinished(() => void opened.server.close())
    return { ...opened, port: (opened.server.address() as AddressInfo).port }
  }

  test('with files, or with texts', async () => {
    const { cert, key } = (await certificateOf(true)) as { cert: string; key: string }
    const folder = mkdtempSync(join(tmpdir(), 'agproxy-tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    for (const [name, text] of [
      ['cert', cert],
      ['key', key],
    ] as const)
      writeFileSync(files[name], text)
    for (const https of [files, { cert, key }]) {
      const { port, url } = await openTls(https)
      expect(url).toBe(`https://127.0.0.1:${port}`)
      expect((await handshake(port, cert, 'localhost')).subject.CN).toBe('localhost')
    }
  })

  test('with a certificate of its own for this machine, which a client can verify', async () => {
    const { cert, key } = (await certificateOf(true)) as { cert: string; key: string }
    const { port } = await openTls({ cert, key })
    const peer = await handshake(port, cert, 'localhost')
    expect(peer.subjectaltname).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(Date.parse(peer.valid_to)).toBeGreaterThan(Date.now() + 300 * 86_400_000)
    await expect(handshake(port, cert, 'example.com')).rejects.toThrow(/altnames/i)
    const other = await openTls(true)
    await expect(handshake(other.port, cert, 'localhost')).rejects.toThrow(/self-signed|signature/i)
  })

  test('with half of what it needs is refused, and so is a file that is not there', async () => {
    await expect(openTls({ cert: 'x' })).rejects.toThrow('server.https: expected cert and key, or pfx')
    await expect(openTls({ cert: '/nowhere.pem', key: 'k' })).rejects.toThrow('/nowhere.pem')
  })
})
