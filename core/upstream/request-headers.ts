import { endToEnd, type Headers } from '../headers.js'

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

/** Credentials of the client and what the transport sets itself. A cookie would be the local machine's, not the upstream's. */
const NOT_FORWARDED = new Set([
  'host',
  'content-length',
  'expect',
  'accept-encoding',
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'cookie',
])

/** The client's end-to-end headers with the account's key, once, in place of the client's. */
export function requestHeaders(
  client: Headers,
  key: string | undefined,
  rules: HeaderRules,
): Record<string, string | string[]> {
  const headers = endToEnd(client, NOT_FORWARDED)
  headers['anthropic-version'] ??= '2023-06-01'
  headers['accept-encoding'] = 'identity' // compressing a stream delays it, and plugins read it
  if (key !== undefined) Object.assign(headers, credential(rules.keyHeader, client, key))
  for (const [name, value] of Object.entries(rules.headers ?? {})) headers[name.toLowerCase()] = value
  return headers
}

function credential(kind: KeyHeader, client: Headers, key: string): Record<string, string> {
  const bearer = { authorization: `Bearer ${key}` }
  const apiKey = { 'x-api-key': key }
  switch (kind) {
    case 'bearer':
      return bearer
    case 'client':
      return client['x-api-key'] === undefined && client.authorization !== undefined ? bearer : apiKey
    case 'version':
      return String(client['anthropic-version'] ?? '') >= '2026-10-21' ? bearer : apiKey
    default:
      return { [kind.toLowerCase()]: key }
  }
}
