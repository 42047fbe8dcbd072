import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { addressOf, openListener } from './open.js'

const { listening } = vi.hoisted(() => ({ listening: [] as { listening: boolean }[] }))
vi.mock('listhen', async (original) => {
  const { listen } = await original<typeof import('listhen')>()
  return {
    listen: async (...args: Parameters<typeof listen>) => {
      const listener = await listen(...args)
      listening.push(listener.server)
      return listener
    },
  }
})

const options = (host: string, port = 0) => ({ host, port, https: false as const })
async function open(host: string, port = 0) {
  const opened = await openListener(
    (_req, res) => void res.end('ok'),
    await addressOf(host),
    options(host, port),
  )
  onTestFinished(() => void opened.listener.server.close())
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
    const { listener, url, network } = await open(host)
    const { address, port } = listener.server.address() as AddressInfo
    expect(address).toBe(host)
    expect(url).toBe(host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`)
    expect(network).toEqual([])
    expect(await reaches(port, host)).toBe(true)
    expect(await reaches(port, host === '127.0.0.1' ? '::1' : '127.0.0.1')).toBe(false)
  })

  test('of a name, whatever its letters', async () => {
    const { listener, url } = await open('LocalHost')
    const { address, port } = listener.server.address() as AddressInfo
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

  test('a name that nobody has', async () => {
    await expect(addressOf('no-such-host.invalid')).rejects.toMatchObject({
      code: expect.stringMatching(/^E/),
    })
  })

  // listhen takes an address with a zone for no host name and listens on localhost instead.
  test('is compared with what was asked for, and closed where it is another one', async () => {
    listening.length = 0
    const opened = openListener(() => {}, 'fe80::1%lo', options('fe80::1%lo'))
    await expect(opened).rejects.toThrow(
      /asked to listen on fe80::1%lo, port 0, the system opened \S+, port \d+/,
    )
    expect(listening.map((server) => server.listening)).toEqual([false])
  })

  test.each([1, 22, 6000, 10080])(
    'no client could call port %i, and no other is opened for it',
    async (port) => {
      listening.length = 0
      const opened = openListener(() => {}, '127.0.0.1', options('127.0.0.1', port))
      await expect(opened).rejects.toThrow(
        `cannot listen on port ${port}: fetch and browsers refuse to call it`,
      )
      expect(listening).toEqual([])
    },
  )
})
