import type { Awaitable } from '../contract/awaitable.js'
import type { Call, Target, UpstreamHooks } from '../contract/call.js'
import type { HttpClient, Transport } from '../contract/services.js'
import type { Account, ModelInfo, Precedence } from '../contract/upstream.js'
import { errorBody } from '../errors/api-errors.js'
import { ClientGoneError, GatewayError } from '../errors/gateway-errors.js'
import { headerText } from '../exchange/headers.js'
import { cancellationOf } from '../exchange/inner.js'
import { maskBytes, maskHeaders, maskText } from '../exchange/mask-key.js'
import { Reply } from '../exchange/reply.js'
import { shownStatus } from '../exchange/shown-status.js'
import { parseBaseURL } from './base-url.js'
import { connectionError } from './connection-errors.js'
import { keyOf } from './keys.js'
import { headersLimit } from './limits.js'
import { fetchModels } from './remote-models.js'
import { type HeaderRules, RequestHeaders } from './request-headers.js'

export interface ForwarderOptions extends HeaderRules {
  readonly name: string
  readonly baseURL: string
  /** What is known of it; of several parts each overrules those before it. */
  readonly accepts?: UpstreamHooks['accepts']
  readonly precedence?: Precedence
  /** Accounts without a key can't serve. Default true. */
  readonly needsKey?: boolean
  /** The upstream's model for a client's; undefined or the same name leaves the body as it is. */
  mapModel?(model: string): string | undefined
  /** Models to list without asking. */
  models?(): readonly ModelInfo[]
  contextWindow?(model: string): number | undefined
  /** Ask `GET /v1/models` for more. */
  readonly listsModels: boolean
}

export interface ForwarderServices {
  readonly transport: Transport
  readonly http: HttpClient
}

/** An Anthropic-shaped upstream: what `create` of `defineUpstream` returns. */
export function createForwarder(
  options: ForwarderOptions,
  { transport, http }: ForwarderServices,
): UpstreamHooks {
  const { name, accepts } = options
  const base = parseBaseURL(options.baseURL)
  const requestHeaders = new RequestHeaders(options)

  const at = (account: Account) => (account.baseURL ? parseBaseURL(account.baseURL) : base)
  const urlOf = (account: Account) => `${at(account).origin}${at(account).path}`

  return {
    ...(accepts && { accepts }),
    ...(options.needsKey !== undefined && { needsKey: options.needsKey }),
    ...(options.precedence && { precedence: options.precedence }),
    ...(options.mapModel && { mappedModel: options.mapModel }),
    ...(options.models && { models: options.models }),
    ...(options.contextWindow && { contextWindow: options.contextWindow }),
    ...(options.listsModels && {
      listModels: async (account: Account, signal: AbortSignal) =>
        fetchModels(http, urlOf(account), requestHeaders.object({}, await keyOf(account)), signal),
    }),
    send(call: Call) {
      const target = call.target!
      // An account's own name for a model is the upstream's name already; a `*` of the map would undo it.
      const mapped = target.model === undefined ? options.mapModel?.(call.model) : undefined
      if (mapped === undefined || mapped === call.model) return forward(call, target)
      call.record.facts.mappedModel = mapped
      const headers = { 'x-mapped-model': headerText(mapped) }
      return forward(call.set({ model: mapped }), target).then((reply) => reply.with({ headers }))
    },
    address: (account) => ({
      url: urlOf(account),
      option: account.baseURL ? `baseURL of account '${account.id}'` : `plugins.${name}.baseURL`,
    }),
  }

  function send(call: Call, target: Target): Promise<Reply> {
    const key = keyOf(target.account)
    if (typeof key === 'object') return key.then((asked) => sendWith(asked, call, target))
    return sendWith(key, call, target)
  }

  async function sendWith(key: string | undefined, call: Call, { account }: Target): Promise<Reply> {
    const { origin, path } = at(account)
    const { limits, record } = call
    record.sentWith(key)
    const attempt = record.attempts.at(-1)
    if (attempt) attempt.requestBytes = call.bytes.length
    const sentAt = performance.now()
    const reply = await transport.send({
      method: call.method,
      origin,
      path: `${path}${call.path}${call.query}`,
      headers: requestHeaders.list(call.headers, key),
      body: call.bytes,
      cancellation: cancellationOf(call),
      headersTimeout: headersLimit(call),
      idleTimeout: limits.idle,
      attempt,
    })
    record.facts.upstreamMs = performance.now() - sentAt
    record.facts.upstreamRequestId = requestIdOf(reply, key) ?? record.facts.upstreamRequestId
    if (reply.status >= 300 && reply.status < 400) {
      reply.discard()
      throw redirected(name, reply, call)
    }
    return withoutKey(reply, key)
  }

  async function count(call: Call, target: Target): Promise<Reply> {
    if (!target.accepts.countTokens)
      return Reply.json(errorBody('not_found_error', `${name} does not count tokens`), { status: 404 })
    const key = await keyOf(target.account)
    call.record.sentWith(key)
    const url = `${urlOf(target.account)}${call.path}${call.query}`
    const init = {
      method: 'POST',
      headers: requestHeaders.object(call.headers, key),
      body: call.bytes,
      signal: call.signal,
      responseType: 'arrayBuffer',
    } as const
    const res = await http.raw(url, init).catch((error) => {
      throw call.signal.aborted ? new ClientGoneError() : connectionError(error, url)
    })
    const { status } = res
    const headers = { ...Object.fromEntries(res.headers), ...NO_LONGER_TRUE }
    const reply = Reply.bytes(Buffer.from(res._data ?? new ArrayBuffer(0)), { status, headers })
    if (status >= 300 && status < 400) throw redirected(name, reply, call)
    return withoutKey(reply, key)
  }

  function forward(call: Call, target: Target): Promise<Reply> {
    return call.route === 'count-tokens' ? count(call, target) : send(call, target)
  }
}

/** No honest error body is larger; a body that broke off counts as empty, its status still tells. */
const ERROR_BODY_LIMIT = 1024 * 1024

/** Of a body that fetch has decompressed. */
const NO_LONGER_TRUE = { 'content-encoding': undefined, 'content-length': undefined }

/**
 * Upstreams have been seen to quote the key that they refuse, in the body and in headers. An error body is read whole; the
 * body of a good answer passes byte for byte.
 */
function withoutKey(reply: Reply, key: string | undefined): Awaitable<Reply> {
  const headers = maskHeaders(reply.headers, key)
  if (!reply.ok) return errorWithoutKey(reply.with({ headers }), key)
  return headers === reply.headers ? reply : reply.with({ headers })
}

async function errorWithoutKey(reply: Reply, key: string | undefined): Promise<Reply> {
  const bytes = await reply.bytes(ERROR_BODY_LIMIT).catch(() => Buffer.alloc(0))
  const { status, headers } = reply
  return Reply.bytes(maskBytes(bytes, key), { status, headers: { ...headers, 'content-length': undefined } })
}

function redirected(name: string, reply: Reply, call: Call): GatewayError {
  const location = reply.header('location')
  const host = location && URL.canParse(location) ? ` to ${new URL(location).origin}` : ''
  const message = `the upstream '${name}' answered with a redirect (${reply.status}${host}), and none is followed with a key: correct its baseURL`
  return new GatewayError('api_error', message, {
    code: 'AGP_UPSTREAM_REDIRECT',
    status: shownStatus(502, call.headers),
    retry: false,
  })
}

function requestIdOf(reply: Reply, key: string | undefined): string | undefined {
  const id = reply.header('request-id') ?? reply.header('x-request-id')
  return id && maskText(id, key)
}
