import { isIP, isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'

/** RFC 1123 labels, and underscores: compose service names have them. At most 253 characters with the dots. */
const NAME = /^(?=.{1,253}$)(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*\.?$/

/** `127.1`, `0` and `0x7f.1`: resolvers expand them to an address, each by rules of its own. */
const NUMBER = /(^|\.)(\d+|0x[\da-f]*)\.?$/i

/**
 * The schema of an address to listen on: an IP address, or a name that is looked up at the start. Brackets are taken off and
 * IPv6 is shortened. Everything else is refused here, as a listener may take what it does not know for every interface.
 */
export const hostOption = () =>
  z
    .string()
    .min(1)
    .transform((text) => canonicalAddress(withoutBrackets(text.trim())))
    .check(({ value, issues }) => {
      const message = faultOf(value)
      if (message) issues.push({ code: 'custom', message, input: value })
    })

const withoutBrackets = (host: string) => /^\[(.*:.*)\]$/.exec(host)?.[1] ?? host

/** One spelling for each IPv6 address: `0:0:0:0:0:0:0:1` is `::1`. Other texts stay as they are. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) && !address.includes('%')
    ? new URL(`http://[${address}]`).hostname.slice(1, -1)
    : address
}

function faultOf(host: string): string | undefined {
  if (/%/.test(host)) return 'expected an address without a zone'
  if (/^fe[89ab][\da-f]:/i.test(host)) return 'expected an address that is not link-local'
  if (isIP(host)) return undefined
  if (host === '*') return 'expected an address; all of this machine are 0.0.0.0, and with IPv6 ::'
  if (/^\w+:\/\//.test(host)) return 'expected an IP address or a host name without a scheme'
  if (/\/\d+$/.test(host)) return 'expected one address, not a network'
  if (hasPort(host)) return 'expected an IP address or a host name; the port is server.port'
  if (NUMBER.test(host)) return 'expected a whole IP address'
  return NAME.test(host) ? undefined : 'expected an IP address or a host name'
}

function hasPort(host: string): boolean {
  const name = /^\[?([^\]]+)\]?:\d+$/.exec(host)?.[1]
  return name !== undefined && (isIPv4(name) || isIPv6(name) || NAME.test(name))
}
