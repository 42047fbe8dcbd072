import type { Awaitable } from '../contract/awaitable.js'
import type { Call, Target, UpstreamHooks } from '../contract/call.js'
import type { HttpClient, Transport } from '../contract/services.js'
import type { Account, ModelInfo, Precedence } from '../contract/upstream.js'
import { errorBody } from '../errors/api-errors.js'
import { ClientGoneError, GatewayError } from '../errors/gateway-errors.js'
import { headerText } from '../exchange/headers.js'
import { cancellationOf } from '../exchange/inner.js'
import { maskText } from '../exchange/mask-key.js'
import { Reply } from '../exchange/reply.js'
import { shownStatus } from '../exchange/shown-status.js'
import { parseBaseURL } from './base-url.js'
import { connectionError } from './connection-errors.js'
import { smallBody } from './http.js'
import { keyOf } from './keys.js'
import { headersLimit } from './limits.js'
import { fetchModels } from './remote-models.js'
import { type HeaderRules, headersObject, RequestHeaders } from './request-headers.js'
import { MESSAGES_WIRE, type Wire, type WireRequest } from './wire.js'
import { withoutSecrets } from './without-secrets.js'

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
  /** For an upstream that speaks Messages by another path, signature or framing. Default: as Anthropic's own API. */
  readonly wire?: Wire
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
  const { name, accepts, wire = MESSAGES_WIRE } = options
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
        fetchModels(
          http,
          urlOf(account),
          headersObject(requestHeaders.list({}, await keyOf(account))),
          signal,
        ),
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
    const base = at(account)
    const { origin } = base
    const { limits, record } = call
    const written = wire.write(call, { account, base, key, headers: requestHeaders })
    const request = written instanceof Promise ? await written : written
    const secrets = secretsOf(request, key)
    for (const secret of secrets) record.sentWith(secret)
    const attempt = record.attempts.at(-1)
    if (attempt) attempt.requestBytes = request.body.length
    const sentAt = performance.now()
    const reply = await transport.send({
      method: call.method,
      origin,
      path: `${base.path}${request.path}`,
      headers: request.headers,
      body: request.body,
      cancellation: cancellationOf(call),
      headersTimeout: headersLimit(call),
      idleTimeout: limits.idle,
      attempt,
    })
    record.facts.upstreamMs = performance.now() - sentAt
    record.facts.upstreamRequestId = requestIdOf(reply, secrets) ?? record.facts.upstreamRequestId
    if (reply.status >= 300 && reply.status < 400) {
      reply.discard()
      throw redirected(name, reply, call)
    }
    return read(withoutSecrets(reply, secrets), call)
  }

  function read(reply: Awaitable<Reply>, call: Call): Awaitable<Reply> {
    if (!wire.read) return reply
    return reply instanceof Promise ? reply.then((found) => wire.read!(found, call)) : wire.read(reply, call)
  }

  async function count(call: Call, target: Target): Promise<Reply> {
    if (!target.accepts.countTokens)
      return Reply.json(errorBody('not_found_error', `${name} does not count tokens`), { status: 404 })
    const { account } = target
    const key = await keyOf(account)
    const request = await wire.write(call, { account, base: at(account), key, headers: requestHeaders })
    const secrets = secretsOf(request, key)
    for (const secret of secrets) call.record.sentWith(secret)
    const url = `${urlOf(account)}${request.path}`
    const init = {
      method: 'POST',
      headers: headersObject(request.headers),
      body: request.body,
      signal: call.signal,
      responseType: 'stream',
    } as const
    const ask = async () => {
      const res = await http.raw(url, init)
      return { res, bytes: await smallBody(res._data) }
    }
    const { res, bytes } = await ask().catch((error) => {
      throw call.signal.aborted ? new ClientGoneError() : connectionError(error, url)
    })
    const { status } = res
    const headers = { ...Object.fromEntries(res.headers), ...NO_LONGER_TRUE }
    const reply = Reply.bytes(bytes, { status, headers })
    if (status >= 300 && status < 400) throw redirected(name, reply, call)
    return read(withoutSecrets(reply, secrets), call)
  }

  function forward(call: Call, target: Target): Promise<Reply> {
    return call.route === 'count-tokens' ? count(call, target) : send(call, target)
  }
}

/** Of a body that fetch has decompressed. */
const NO_LONGER_TRUE = { 'content-encoding': undefined, 'content-length': undefined }

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

function secretsOf({ secrets }: WireRequest, key: string | undefined): readonly (string | undefined)[] {
  return secrets ?? [key]
}

function requestIdOf(reply: Reply, secrets: readonly (string | undefined)[]): string | undefined {
  const id = reply.header('request-id') ?? reply.header('x-request-id') ?? reply.header('x-amzn-requestid')
  return id && secrets.reduce<string>(maskText, id)
}
