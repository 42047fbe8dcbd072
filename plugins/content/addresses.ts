import dns, { type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import os from 'node:os'

/** Whether an address is one of the public internet's: not of this machine, a private network, a cloud's metadata service. */
export type IsPublic = (address: string) => boolean

/** The library is loaded with the first file that is fetched. */
export async function publicAddresses(): Promise<IsPublic> {
  const { default: ipaddr } = await import('ipaddr.js')
  return (address) => {
    if (!ipaddr.isValid(address)) return false
    // `process` sees the IPv4 address in `::ffff:127.0.0.1`. Tunnels to IPv4 (NAT64, 6to4, Teredo) have ranges of their own.
    const parsed = ipaddr.process(address)
    // A server has a public address of its own, behind which services may trust any caller from here.
    if (ownAddresses().some((own) => ipaddr.process(own).toString() === parsed.toString())) return false
    return parsed.range() === 'unicast' && !(parsed instanceof ipaddr.IPv6 && !isGlobal(parsed.parts))
  }
}

function ownAddresses(): string[] {
  return Object.values(os.networkInterfaces()).flatMap((all = []) =>
    all.map(({ address }) => address.split('%')[0]!),
  )
}

/** 2000::/3, all that is assigned. `::127.0.0.1`, which some stacks still take for the IPv4 address, is outside. */
function isGlobal([first = 0]: readonly number[]): boolean {
  return first >> 13 === 1
}

/** The address that a URL spells out; undefined where it has a name. `URL` has made `0x7f.1` and `2130706433` a plain one already. */
export function literalAddress({ hostname }: URL): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  return /^[\d.]+$/.test(hostname) ? hostname : undefined
}

/** A look-up for `net.connect`, so that the address which was checked is the one that is called. One bad address refuses the name. */
export function checkedLookup(isPublic: IsPublic): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '')
      const [first] = addresses
      if (!first || !addresses.every(({ address }) => isPublic(address)))
        return callback(new NotPublicError(), '')
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

export class NotPublicError extends Error {
  constructor() {
    super('not a public address')
  }
}
