import type { HeaderList, Headers } from '../contract/http.js'

/** RFC 9110 §7.6.1: these speak of one connection and never travel on. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The first value of a header. */
export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

/** The same headers with names in lower case, as all code reads them; a spelling of its own would stay beside the other one. */
export function lowerCased(headers: Headers): Headers {
  for (const name in headers) {
    if (name === name.toLowerCase()) continue
    return Object.fromEntries(Object.entries(headers).map(([n, value]) => [n.toLowerCase(), value]))
  }
  return headers
}

/** A text as a header can carry it. Outside of printable ASCII it is percent-encoded, as in a URL; else it stays as it is. */
export function headerText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  const wellFormed = Buffer.from(text).toString() // encodeURIComponent throws for half a surrogate pair
  return wellFormed.replace(/[^\x20-\x7e]+|%/g, encodeURIComponent)
}

/** Names in lower case that are dropped together with the hop-by-hop ones. */
export function dropping(...names: readonly string[]): ReadonlySet<string> {
  return new Set([...HOP_BY_HOP, ...names])
}

/**
 * The headers that may travel end to end: without `drop`, made by `dropping`, and those that `connection` names (RFC 9110
 * makes them hop-by-hop too), and without the names of `without`.
 */
export function endToEndList(headers: Headers, drop: ReadonlySet<string>, without?: Headers): HeaderList {
  const named = namedByConnection(headers)
  const list: HeaderList = []
  for (const name in headers) {
    const value = headers[name]
    // A plugin may spell names as it likes, and two spellings would both be sent.
    if (name !== name.toLowerCase()) return flat(endToEnd(headers, drop), without)
    if (value === undefined || drop.has(name) || named?.has(name)) continue
    if (without && Object.hasOwn(without, name)) continue
    add(list, name, value)
  }
  return list
}

function flat(headers: Headers, without: Headers = {}): HeaderList {
  const list: HeaderList = []
  for (const name in headers) if (!Object.hasOwn(without, name)) add(list, name, headers[name]!)
  return list
}

/** A plugin in plain JavaScript may give a number. */
function add(list: HeaderList, name: string, value: string | readonly string[]): void {
  if (Array.isArray(value)) for (const each of value) list.push(name, String(each))
  else list.push(name, String(value))
}

/** The same as an object. */
export function endToEnd(headers: Headers, drop: ReadonlySet<string>): Record<string, string | string[]> {
  const named = namedByConnection(headers)
  const out: Record<string, string | string[]> = {}
  for (const given in headers) {
    const value = headers[given]
    const name = given.toLowerCase()
    if (value === undefined || HOP_BY_HOP.has(name) || drop.has(name) || named?.has(name)) continue
    out[name] = value as string | string[]
  }
  return out
}

/** No regular expression with `\s*,`: 16 kB of spaces would take it 0.3 s. */
function namedByConnection({ connection }: Headers): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  const names = String(connection).toLowerCase().split(',') // several are joined with commas
  return new Set(names.map((name) => name.trim()))
}
