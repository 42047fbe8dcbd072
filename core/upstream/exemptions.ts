import { BlockList, isIP } from 'node:net'
import { isLoopback } from '../exchange/loopback.js'
import { matchesModel } from './models.js'

/** What a host's name may be made of, with `*` for any part of it. */
const NAME = /^[\p{L}\p{N}._*-]+$/u
/** Looks like an address, and is none: `300.1.1.1`, `10.0.0`. */
const DIGITS = /^[\d.]+$/

/**
 * NO_PROXY: names with the names below them (`example.com`, `.example.com`, `*.example.com`), addresses, networks
 * (`10.0.0.0/8`), each with a port if need be, and `*` for everything. This machine is always exempt: a proxy would look for
 * the upstream on its own. An entry that can't be meant exempts nothing and keeps nothing from working.
 */
export class Exemptions {
  readonly malformed: readonly string[]
  readonly #all: boolean
  readonly #addresses = new Map<string, BlockList>()
  readonly #names: (readonly [name: string, port: string])[] = []

  constructor(text: string) {
    const entries = text
      .toLowerCase()
      .split(/[,\s]+/)
      .filter(Boolean)
    this.#all = entries.includes('*')
    this.malformed = entries.filter(
      (entry) => !this.#add(entry.replace(/^[a-z]+:\/\//, '').replace(/\/$/, '')),
    )
  }

  has(host: string, port: string): boolean {
    if (this.#all || isLoopback(host) || host === '0.0.0.0' || host === '::') return true
    const family = isIP(host)
    if (family) {
      const kind = family === 6 ? 'ipv6' : 'ipv4'
      if (['', port].some((p) => this.#addresses.get(p)?.check(host, kind))) return true
    }
    const name = host.replace(/\.$/, '')
    return this.#names.some(
      ([exempt, p]) =>
        (p === '' || p === port) &&
        (name === exempt ||
          name.endsWith(`.${exempt}`) ||
          (exempt.includes('*') && matchesModel(exempt, name))),
    )
  }

  /** False for an entry that can't be meant. */
  #add(entry: string): boolean {
    const isPlainIPv6 = isIP(entry.split('/')[0]!) === 6
    const [, bracketed, plain = '', port = ''] = isPlainIPv6
      ? ['', undefined, entry]
      : (/^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [])
    if (Number(port) > 65_535) return false
    const host = bracketed ?? plain
    const [address = '', ...prefix] = host.split('/')
    const family = isIP(address)
    if (family) return prefix.length < 2 && this.#addAddress(address, family, prefix[0], port)
    const name = host.replace(/^\*?\./, '').replace(/\.$/, '')
    if (bracketed !== undefined || !NAME.test(name) || DIGITS.test(name)) return false
    this.#names.push([name, port])
    return true
  }

  #addAddress(address: string, family: number, prefix: string | undefined, port: string): boolean {
    const kind = family === 6 ? 'ipv6' : 'ipv4'
    const list = this.#addresses.get(port) ?? new BlockList()
    try {
      if (prefix === undefined) list.addAddress(address, kind)
      else if (/^\d{1,3}$/.test(prefix)) list.addSubnet(address, Number(prefix), kind)
      else return false
    } catch {
      return false // more bits than the address has, or a zone behind it
    }
    this.#addresses.set(port, list)
    return true
  }
}
