import type { HeaderList, Headers } from '../contract/http.js'
import { dropping, endToEndList } from '../exchange/headers.js'

/**
 * Which header carries the key: `client` – the one that the client used (x-api-key when it sent both or none);
 * `version` – what the client's `anthropic-version` asks for (Bearer from 2026-10-21 on, x-api-key before); `bearer`;
 * or a header's name.
 */
export type KeyHeader = 'client' | 'version' | 'bearer' | (string & {})

export interface HeaderRules {
  readonly keyHeader: KeyHeader
  /** Added to each call; wins over the client's. Names in any case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Credentials of the client, what is set here or by the transport, and the encoding of a body that is decoded by now. A cookie
 * would be the local machine's, not the upstream's, and labels are between the client and the gateway.
 */
const NOT_FORWARDED = [
  'host',
  'content-length',
  'content-encoding',
  'expect',
  'accept-encoding',
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'cookie',
  'x-agproxy-label',
]

/** The client's end-to-end headers with the account's key, once, in place of the client's. */
export class RequestHeaders {
  readonly #keyHeader: KeyHeader
  readonly #drop: ReadonlySet<string>
  /** The upstream's own, and what we set where it has none. */
  readonly #own: HeaderList = []
  readonly #names: ReadonlySet<string>

  constructor({ keyHeader, headers = {} }: HeaderRules) {
    this.#keyHeader = KINDS.has(keyHeader) ? keyHeader : keyHeader.toLowerCase()
    for (const [name, value] of Object.entries(headers)) this.#own.push(name.toLowerCase(), value)
    this.#names = new Set(this.#own.filter((_, i) => i % 2 === 0))
    // Compressing a stream delays it, and plugins read it.
    if (!this.#names.has('accept-encoding')) this.#own.push('accept-encoding', 'identity')
    this.#drop = dropping(...NOT_FORWARDED, ...this.#names, this.#keyHeader)
  }

  list(client: Headers, key: string | undefined): HeaderList {
    const list = endToEndList(client, this.#drop)
    for (const part of this.#own) list.push(part)
    const hasVersion = client['anthropic-version'] !== undefined || this.#names.has('anthropic-version')
    if (!hasVersion) list.push('anthropic-version', '2023-06-01')
    if (key !== undefined) this.#addKey(list, client, key)
    return list
  }

  #addKey(list: HeaderList, client: Headers, key: string): void {
    const bearer = this.#usesBearer(client)
    const name = bearer ? 'authorization' : KINDS.has(this.#keyHeader) ? 'x-api-key' : this.#keyHeader
    if (!this.#names.has(name)) list.push(name, bearer ? `Bearer ${key}` : key)
  }

  #usesBearer(client: Headers): boolean {
    switch (this.#keyHeader) {
      case 'bearer':
        return true
      case 'client':
        return client['x-api-key'] === undefined && client.authorization !== undefined
      case 'version':
        return String(client['anthropic-version'] ?? '') >= '2026-10-21'
      default:
        return false
    }
  }
}

const KINDS: ReadonlySet<string> = new Set(['client', 'version', 'bearer'])

/** For clients that take an object. */
export function headersObject(list: HeaderList): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let i = 0; i < list.length; i += 2) {
    const [name, value] = [list[i]!, list[i + 1]!]
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`
  }
  return headers
}
