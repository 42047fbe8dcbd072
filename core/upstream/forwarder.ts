import type { Call } from '../call.js'
import { GatewayError, UpstreamError } from '../errors.js'
import { endToEnd, type Headers } from '../headers.js'
import type { Next, Plugin } from '../plugin.js'
import { errorBody } from '../protocol/errors.js'
import { Reply } from '../reply.js'
import { parseBaseURL } from './base-url.js'
import type { HttpClient } from './http.js'
import { keyOf } from './pool.js'
import type { Upstreams } from './registry.js'
import { fetchModels } from './remote-models.js'
import type { Transport } from './transport.js'
import type { Accepts, Account, ModelInfo, Precedence, Target, Upstream } from './types.js'

/**
 * Which header carries the key: `client` – the one that the client used (x-api-key when it sent both or none);
 * `version` – what the client's `anthropic-version` asks for (Bearer from 2026-10-21 on, x-api-key before); `bearer`;
 * or a header's name.
 */
export type KeyHeader = 'client' | 'version' | 'bearer' | (string & {})

export interface ForwarderOptions {
  readonly name: string
  readonly baseURL: string
  readonly accepts: Accepts
  readonly precedence?: Precedence
  readonly keyHeader: KeyHeader
  /** Added to each call; wins over the client's. */
  readonly headers?: Readonly<Record<string, string>>
  /** The upstream's model for a client's; undefined or the same name leaves the body as it is. */
  mapModel?(model: string): string | undefined
  /** Models to list without asking. */
  models?(): readonly ModelInfo[]
  contextWindow?(model: string): number | undefined
  /** Ask `GET /v1/models` for more. */
  readonly listsModels: boolean
}

export interface ForwarderServices {
  readonly upstreams: Upstreams
  readonly transport: Transport
  readonly http: HttpClient
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

/** A plugin that sends calls to an Anthropic-shaped upstream. Calls for other upstreams pass by. */
export function createForwarder(options: ForwarderOptions, services: ForwarderServices): Plugin {
  const { name, accepts } = options
  const base = parseBaseURL(options.baseURL)

  const upstream: Upstream = {
    name,
    accepts,
    needsKey: true,
    ...(options.precedence && { precedence: options.precedence }),
    ...(options.models && { models: options.models }),
    ...(options.contextWindow && { contextWindow: options.contextWindow }),
    ...(options.listsModels && {
      listModels: async (account: Account, signal: AbortSignal) =>
        fetchModels(services.http, urlOf(account), await headersFor(account, {}), signal),
    }),
    probe: async (account, signal) => {
      const headers = { ...(await headersFor(account, {})), 'content-type': 'application/json' }
      const model = options.mapModel?.(PROBE_MODEL) ?? PROBE_MODEL
      const body = { model, max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] }
      const res = await services.http.raw(`${urlOf(account)}/v1/messages`, {
        method: 'POST',
        headers,
        body,
        signal,
        responseType: 'text',
      })
      if (!res.ok) throw new Error(`${res.status} ${String(res._data).slice(0, 300)}`)
    },
  }

  const at = (account: Account) => (account.baseURL ? parseBaseURL(account.baseURL) : base)
  const urlOf = (account: Account) => `${at(account).origin}${at(account).path}`

  async function headersFor(account: Account, client: Headers): Promise<Record<string, string | string[]>> {
    const headers = endToEnd(client, NOT_FORWARDED)
    headers['anthropic-version'] ??= '2023-06-01'
    headers['accept-encoding'] = 'identity' // compressing a stream delays it, and plugins read it
    const key = await accountKey(account)
    if (key !== undefined) Object.assign(headers, keyHeader(options.keyHeader, client, key))
    return { ...headers, ...options.headers }
  }

  async function send(call: Call, target: Target): Promise<Reply> {
    const { origin, path } = at(target.account)
    const headers = await headersFor(target.account, call.headers)
    const sentAt = performance.now()
    const reply = await services.transport.send({
      method: call.method,
      origin,
      path: `${path}${call.path}${call.query}`,
      headers,
      body: call.bytes,
      signal: call.signal,
      headersTimeout: call.limits?.firstEventTimeout,
      idleTimeout: call.limits?.idleTimeout,
    })
    call.journal.note({ upstreamMs: performance.now() - sentAt, ...requestIdOf(reply) })
    if (reply.status >= 300 && reply.status < 400) {
      reply.discard()
      throw redirected(name, reply)
    }
    return reply.ok ? reply : withoutKey(reply, await accountKey(target.account))
  }

  async function count(call: Call, target: Target): Promise<Reply> {
    if (!accepts.countTokens)
      return Reply.json(errorBody('not_found_error', `${name} does not count tokens`), { status: 404 })
    const res = await services.http.raw(`${urlOf(target.account)}${call.path}${call.query}`, {
      method: 'POST',
      headers: flat(await headersFor(target.account, call.headers)),
      body: call.bytes,
      signal: call.signal,
      responseType: 'arrayBuffer',
    })
    return Reply.bytes(Buffer.from(res._data as ArrayBuffer), {
      status: res.status,
      headers: Object.fromEntries(res.headers),
    })
  }

  return {
    setup: () => services.upstreams.register(upstream),
    async handle(call: Call, next: Next) {
      const { target } = call
      if (target?.upstream.name !== name) return next(call)
      const mapped = options.mapModel?.(call.model)
      const changed = mapped !== undefined && mapped !== call.model
      const fitted = changed ? call.with({ body: { ...call.body, model: mapped } }) : call
      if (changed) call.journal.note({ mappedModel: mapped })
      const reply = await (call.route === 'count-tokens' ? count(fitted, target) : send(fitted, target))
      return changed ? reply.with({ headers: { 'x-mapped-model': mapped } }) : reply
    },
  }
}

/** No honest error body is larger; a body that broke off counts as empty, its status still tells. */
const ERROR_BODY_LIMIT = 1024 * 1024

/** Any model would do for a probe: it is mapped like a client's. */
const PROBE_MODEL = 'claude-haiku-4-5'

async function accountKey(account: Account): Promise<string | undefined> {
  try {
    return await keyOf(account)
  } catch (cause) {
    throw new UpstreamError('connect', `the apiKey function of account '${account.id}' failed`, { cause })
  }
}

function keyHeader(kind: KeyHeader, client: Headers, key: string): Record<string, string> {
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

/** An error body is read whole, since upstreams have been seen to quote the key that they refuse. */
async function withoutKey(reply: Reply, key: string | undefined): Promise<Reply> {
  const bytes = await reply.bytes(ERROR_BODY_LIMIT).catch(() => Buffer.alloc(0))
  const { status } = reply
  const headers = { ...reply.headers, 'content-length': undefined }
  if (!key || !bytes.includes(key)) return Reply.bytes(bytes, { status, headers })
  return Reply.bytes(Buffer.from(bytes.toString('utf8').replaceAll(key, '[key]')), { status, headers })
}

function redirected(name: string, reply: Reply): GatewayError {
  const location = reply.header('location')
  const host = location && URL.canParse(location) ? ` to ${new URL(location).origin}` : ''
  const message = `the upstream '${name}' answered with a redirect (${reply.status}${host}), and none is followed with a key: correct its baseURL`
  return new GatewayError('api_error', message, { status: 502, retry: false })
}

function requestIdOf(reply: Reply): { upstreamRequestId?: string } {
  const id = reply.header('request-id') ?? reply.header('x-request-id')
  return id === undefined ? {} : { upstreamRequestId: id }
}

function flat(headers: Record<string, string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
