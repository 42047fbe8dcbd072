import type { IncomingMessage, ServerResponse } from 'node:http'
import { Call, type CallHead, type RouteName } from '../call.js'
import { ClientGoneError, GatewayError, PluginError, UpstreamError } from '../errors.js'
import type { Gateway, Lease } from '../gateway.js'
import { Journal } from '../journal.js'
import type { Logger } from '../log.js'
import type { MessageReply } from '../protocol/messages.js'
import { Reply } from '../reply.js'
import { RequestBody } from '../request-body.js'
import { sessionOf } from '../session.js'
import { noteUsage, UsageTap } from '../sse/usage.js'
import { requireAdmin } from './admin/guard.js'
import { administer } from './admin/routes.js'
import type { Admission } from './admission.js'
import { checkHeaders } from './header-limits.js'
import { readBody } from './read-body.js'
import { renderError } from './render-error.js'
import { requestId } from './request-id.js'
import { type Outcome, respond } from './respond.js'
import { type Route, routeList } from './routes.js'

/** What a matched request brings. */
export interface Matched {
  readonly route: Route | undefined
  readonly path: string
  readonly params: Readonly<Record<string, string>>
}

export interface ExchangeContext {
  readonly gateway: Gateway
  readonly logger: Logger
  readonly admission: Admission
}

/** Routes whose body is a Messages request, and must be one before anything is done with it. */
const WITH_MESSAGES: ReadonlySet<RouteName> = new Set(['messages', 'count-tokens'])

/** One request from its headers to its last byte. Never rejects: whatever happens, the client gets an answer and the gateway lives on. */
export async function exchange(
  req: IncomingMessage,
  res: ServerResponse,
  matched: Matched,
  context: ExchangeContext,
): Promise<void> {
  const gone = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) gone.abort(new ClientGoneError())
  })
  const head = headOf(req, matched, gone.signal)
  const lease = context.gateway.acquire()
  const visit = { leave: () => {} }
  let ending = 'gone'
  let status: number | undefined // none for a client that went before it was answered
  try {
    const reply = await answer(req, head, matched.route, lease, context.admission, visit).catch((error) => {
      report(error, head, context.logger)
      return renderError(error, head.id)
    })
    if (res.destroyed) reply.discard()
    else {
      if (reply.status === 408 && !req.complete) res.shouldKeepAlive = false // or it would go on dripping
      const outcome = await written(res, reply, head, context.logger)
      status = outcome.status
      ending = outcome.ending
      if (outcome.error) report(outcome.error, head, context.logger)
    }
    noteHeldUsage(reply, head)
  } catch (error) {
    context.logger.error({ id: head.id, err: error }, 'could not write the answer')
    res.destroy()
  } finally {
    visit.leave()
    lease.release()
    logLine(head, status, ending, context.logger)
  }
}

async function answer(
  req: IncomingMessage,
  head: CallHead,
  route: Route | undefined,
  lease: Lease,
  admission: Admission,
  visit: { leave: () => void },
): Promise<Reply> {
  const { server } = lease.config
  checkHeaders(req, server)
  if (route?.admin) requireAdmin(head.headers, server.adminKey)
  const early = route?.admin ? undefined : await lease.head(head)
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
  if (route.admin) return administer(head, lease.pool)
  if (!QUIET.has(head.route)) visit.leave = await admission.enter(head.signal)
  if (!WITH_MESSAGES.has(head.route)) {
    req.resume() // whatever comes is thrown away: ten callers of /healthz could fill the memory with bodies
    return lease.run(new Call(head))
  }
  const bytes = await readBody(req, server.bodyLimit, server.requestTimeout)
  const call = new Call({ ...head, body: RequestBody.ofBytes(bytes, server.depthLimit) })
  const session = sessionOf(call) // throws the 400 for a body that is no Messages request
  head.journal.note({ model: call.model, ...(session !== undefined && { session }) })
  return lease.run(call)
}

/** What can't be written (a header with a line break in it, by a plugin) is a 500 as long as nothing was sent. */
async function written(
  res: ServerResponse,
  reply: Reply,
  head: CallHead,
  logger: Logger,
): Promise<Outcome & { status: number }> {
  const tap = new UsageTap(head.journal)
  try {
    return {
      status: reply.status,
      ...(await respond(res, reply, ownHeaders(head, reply), (chunk) => tap.saw(chunk))),
    }
  } catch (error) {
    reply.discard()
    if (res.headersSent) throw error
    report(error, head, logger)
    return { status: 500, ...(await respond(res, renderError(error, head.id), {}, () => {})) }
  }
}

function headOf(req: IncomingMessage, { route, path, params }: Matched, signal: AbortSignal): CallHead {
  const url = req.url ?? '/'
  const question = url.indexOf('?')
  return {
    id: requestId(),
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

/** A JSON answer's usage; one that was streamed through has been seen by the tap already. */
function noteHeldUsage(reply: Reply, { route, journal }: CallHead): void {
  if (route !== 'messages' || !reply.ok || !reply.held || reply.held.length > USAGE_LIMIT) return
  try {
    const { usage, stop_reason: stopReason } = JSON.parse(reply.held.toString('utf8')) as MessageReply
    noteUsage(journal, usage)
    if (stopReason) journal.note({ stopReason })
  } catch {
    // not JSON: an upstream's own affair, and the client has it as it came
  }
}

function report(error: unknown, head: CallHead, logger: Logger): void {
  if (ClientGoneError.is(error)) return
  head.journal.note({ error: error instanceof Error ? error.message : String(error) })
  if (PluginError.is(error))
    logger.error({ id: head.id, plugin: error.plugin, hook: error.hook, err: error.cause }, error.message)
  else if (!GatewayError.is(error) && !UpstreamError.is(error))
    logger.error({ id: head.id, err: error }, 'request failed')
}

/** Larger answers are not decoded for the sake of a log line. */
const USAGE_LIMIT = 1024 * 1024

/** Routes that clients poll and that cost nothing; they never queue, and their lines would hide the others. */
const QUIET: ReadonlySet<RouteName> = new Set(['health', 'hello', 'telemetry'])

function logLine(head: CallHead, status: number | undefined, ending: string, logger: Logger): void {
  const { facts, decisions } = head.journal
  const times = {
    upstreamMs: facts.upstreamMs && Math.round(facts.upstreamMs),
    ms: Math.round(head.journal.elapsed()),
  }
  const line = { id: head.id, method: head.method, path: head.path, status, ending, ...facts, ...times }
  for (const { plugin, decision } of decisions) logger.debug({ id: head.id, plugin }, decision)
  if (QUIET.has(head.route)) logger.debug(line, 'request')
  else if (ending === 'broken') logger.warn(line, 'request')
  else logger.info(line, 'request')
}
