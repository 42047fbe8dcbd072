import dns from 'node:dns'
import { beforeAll, vi } from 'vitest'
import { connectRows, earlyRows } from './rows/connect.js'
import { observeRows } from './run.js'

/** What the resolver says of two names; the machine's own would be asked over a network that may not be there. */
const NAMES: Readonly<Record<string, string>> = {
  'no-such-host.invalid': 'ENOTFOUND',
  'look-up-fails.invalid': 'EAI_AGAIN',
}

beforeAll(() => {
  const { lookup } = dns
  vi.spyOn(dns, 'lookup').mockImplementation(((host: string, options: never, callback: never) => {
    const code = NAMES[host]
    if (!code) return lookup(host, options, callback)
    const error = Object.assign(new Error(`getaddrinfo ${code} ${host}`), { code, syscall: 'getaddrinfo' })
    return process.nextTick(callback, error)
  }) as never)
})

observeRows('connecting', connectRows)
observeRows('answering early', earlyRows)
