import { type ByteSource, GatewayError, type Reply, type Transport, UpstreamError } from '../../core/index.js'
import { bytesSource, cancellationOf, embeddedError, parseJson } from '../../core/kit.js'
import type { Attempt, Attempts } from './attempt.js'
import { UntilEnd } from './until-end.js'
import { webStream } from './web-stream.js'

/** A good answer of another kind than a stream is read whole, as it may be an error; no honest one is larger. */
const ODD_LIMIT = 1024 * 1024
/** For which `Response` takes no body. */
const WITHOUT_BODY = new Set([204, 205])

/**
 * `fetch` for a provider package, over the gateway's own connections: its proxies, its timeouts, its errors, and no
 * redirect. The call's limits are found by its signal, since a provider lives as long as its account.
 */
export function createFetch(upstream: string, transport: Transport, attempts: Attempts): typeof fetch {
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined
    const url = new URL(request?.url ?? String(input))
    const signal = init?.signal ?? request?.signal
    const attempt = signal && attempts.get(signal)
    const call = attempt?.call
    const reply = await transport.send({
      method: init?.method ?? request?.method ?? 'GET',
      origin: url.origin,
      path: url.pathname + url.search,
      headers: Object.fromEntries(new Headers(init?.headers ?? request?.headers)),
      body: await bytesOf(init?.body ?? (request && (await request.arrayBuffer()))),
      ...(call ? { cancellation: cancellationOf(call) } : signal && { signal }),
      headersTimeout: call?.limits.firstEvent, // it is always asked for a stream
      idleTimeout: call?.limits.idle,
    })
    return responseOf(upstream, reply, attempt)
  }
}

type Body = ConstructorParameters<typeof Response>[0]

async function bytesOf(body: Body): Promise<Buffer> {
  if (typeof body === 'string') return Buffer.from(body)
  return body ? Buffer.from(await new Response(body).arrayBuffer()) : Buffer.alloc(0)
}

async function responseOf(upstream: string, reply: Reply, attempt: Attempt | undefined): Promise<Response> {
  const { status } = reply
  if (status >= 300 && status < 400) {
    reply.discard()
    throw redirected(upstream, reply)
  }
  const source = reply.ok ? await goodSource(reply, attempt) : bytesSource([await errorBytes(reply, attempt)])
  const headers = new Headers()
  for (const [name, value] of Object.entries(reply.headers)) {
    for (const each of [value ?? []].flat()) headers.append(name, each)
  }
  return new Response(WITHOUT_BODY.has(status) ? null : webStream(source), { status, headers })
}

/** An error without the key, as long as its words are whole: what reads them cuts them, and may cut a key in two. */
async function errorBytes(reply: Reply, attempt: Attempt | undefined): Promise<Buffer> {
  const bytes = await reply.bytes(ODD_LIMIT).catch(() => Buffer.alloc(0))
  return attempt ? Buffer.from(attempt.call.record.masked(bytes.toString('utf8'))) : bytes
}

/** The body of a good answer; an error in its place is thrown, and one in the middle of a stream is noted. */
async function goodSource(reply: Reply, attempt: Attempt | undefined): Promise<ByteSource> {
  if (isOdd(reply)) return bytesSource([await noError(reply, attempt)])
  if (!reply.isEventStream || !attempt) return reply.source()
  return new UntilEnd(reply.source(), attempt)
}

function isOdd(reply: Reply): boolean {
  return /^(application\/json|text\/html)\b/i.test(reply.header('content-type') ?? '')
}

/** Some servers answer 200 with an error, or with the login page of a proxy. */
async function noError(reply: Reply, attempt: Attempt | undefined): Promise<Buffer> {
  const bytes = await reply.bytes(ODD_LIMIT)
  const text = bytes.toString('utf8')
  if (/^\s*</.test(text))
    throw new UpstreamError('protocol', 'the upstream answered with a web page instead of an event stream')
  const error = embeddedError(parseJson(text))
  if (!error) return bytes
  throw embeddedError(parseJson(attempt?.call.record.masked(text) ?? text)) ?? error
}

function redirected(upstream: string, reply: Reply): GatewayError {
  const message = `the upstream '${upstream}' answered with a redirect (${reply.status}), and none is followed with a key: correct its baseURL`
  return new GatewayError('api_error', message, { code: 'AGP_UPSTREAM_REDIRECT', status: 502, retry: false })
}
