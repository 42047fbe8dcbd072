import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Call, type CallHead, type RouteName } from '../call.js'
import { ClientGoneError, GatewayError, PluginError } from '../errors.js'
import type { Gateway, Lease } from '../gateway.js'
import { Journal } from '../journal.js'
import type { Logger } from '../log.js'
import { Reply } from '../reply.js'
import { readBody } from './read-body.js'
import { renderError } from './render-error.js'
import { respond } from './respond.js'
import { type Route, routeList } from './routes.js'

/** What a matched request brings. */
export interface Matched {
  readonly route: Route | undefined
  readonly path: string
  readonly params: Readonly<Record<string, string>>
}

/** Routes whose body is a Messages request, and must be one before anything is done with it. */
const WITH_MESSAGES: ReadonlySet<RouteName> = new Set(['messages', 'count-tokens'])

/** One request from its headers to its last byte. Never rejects: whatever happens, the client gets an answer and the gateway lives on. */
export async function exchange(
  req: IncomingMessage,
  res: ServerResponse,
  matched: Matched,
  context: { readonly gateway: Gateway; readonly logger: Logger; readonly bodyLimit: number },
): Promise<void> {
  const gone = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) gone.abort(new ClientGoneError())
  })
  const head = headOf(req, matched, gone.signal)
  const lease = context.gateway.acquire()
  let ending = 'gone'
  let status = 0
  try {
    const reply = await answer(req, head, matched.route, lease, context.bodyLimit).catch((error) => {
      report(error, head, context.logger)
      return renderError(error, head.id)
    })
    status = reply.status
    if (res.destroyed) reply.discard()
    else ending = await respond(res, reply, ownHeaders(head, reply))
  } catch (error) {
    context.logger.error({ id: head.id, err: error }, 'could not write the answer')
    res.destroy()
  } finally {
    lease.release()
    logLine(head, status, ending, context.logger)
  }
}

async function answer(
  req: IncomingMessage,
  head: CallHead,
  route: Route | undefined,
  lease: Lease,
  bodyLimit: number,
): Promise<Reply> {
  const early = await lease.head(head)
  if (early) return early
  if (!route) {
    throw new GatewayError(
      'not_found_error',
      `no route ${head.method} ${head.path}; there are ${routeList()}`,
      { retry: false },
    )
  }
  const allow = [...route.methods, 'OPTIONS'].join(', ')
  if (head.method === 'OPTIONS') return Reply.bytes(Buffer.alloc(0), { status: 204, headers: { allow } })
  if (!route.methods.includes(head.method)) {
    const message = `${head.path} takes ${route.methods.join(', ')}, not ${head.method}`
    throw new GatewayError('invalid_request_error', message, {
      status: 405,
      headers: { allow },
      retry: false,
    })
  }
  const bytes = await readBody(req, bodyLimit)
  const call = new Call({ ...head, bytes })
  if (WITH_MESSAGES.has(head.route)) call.journal.note({ model: call.model }) // throws the 400 for a body that is none
  return lease.run(call)
}

function headOf(req: IncomingMessage, { route, path, params }: Matched, signal: AbortSignal): CallHead {
  const url = req.url ?? '/'
  const question = url.indexOf('?')
  return {
    id: `req_${randomBytes(12).toString('hex')}`,
    route: route?.name ?? 'not-found',
    method: req.method ?? 'GET',
    path,
    query: question < 0 ? '' : url.slice(question),
    headers: req.headers,
    params,
    signal,
    journal: new Journal(),
  }
}

function ownHeaders(head: CallHead, reply: Reply): Record<string, string> {
  const { upstreamMs } = head.journal.facts
  const total = head.journal.elapsed()
  const own = `agproxy;dur=${(total - (upstreamMs ?? 0)).toFixed(1)}`
  return {
    'request-id': reply.header('request-id') ?? head.id,
    'server-timing': upstreamMs === undefined ? own : `${own}, upstream;dur=${upstreamMs.toFixed(1)}`,
  }
}

function report(error: unknown, head: CallHead, logger: Logger): void {
  if (ClientGoneError.is(error)) return
  head.journal.note({ error: error instanceof Error ? error.message : String(error) })
  if (PluginError.is(error))
    logger.error({ id: head.id, plugin: error.plugin, hook: error.hook, err: error.cause }, error.message)
  else if (!GatewayError.is(error)) logger.error({ id: head.id, err: error }, 'request failed')
}

/** Routes that clients poll; their lines would hide the others. */
const QUIET: ReadonlySet<RouteName> = new Set(['health', 'hello', 'telemetry'])

function logLine(head: CallHead, status: number, ending: string, logger: Logger): void {
  const { facts, decisions } = head.journal
  const times = {
    upstreamMs: facts.upstreamMs && Math.round(facts.upstreamMs),
    ms: Math.round(head.journal.elapsed()),
  }
  const line = { id: head.id, method: head.method, path: head.path, status, ending, ...facts, ...times }
  for (const { plugin, decision } of decisions) logger.debug({ id: head.id, plugin }, decision)
  if (QUIET.has(head.route)) logger.debug(line, 'request')
  else logger.info(line, 'request')
}
