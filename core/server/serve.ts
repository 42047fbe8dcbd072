import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CallHead } from '../contract/call.js'
import type { HeaderList } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'
import type { Logger } from '../contract/services.js'
import { ClientGoneError, GatewayError, PluginError, UpstreamError } from '../errors/gateway-errors.js'
import { ClientCancellation } from '../exchange/cancellation.js'
import { UsageTap } from '../exchange/usage.js'
import { type Matched, RequestHandler, type ServeContext } from './handle.js'
import { logLine, noteHeldUsage } from './log-line.js'
import { renderError } from './render-error.js'
import { type Outcome, respond } from './respond.js'

/** One request from its headers to its last byte. Never rejects: whatever happens, the client gets an answer and the gateway lives on. */
export async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  matched: Matched,
  context: ServeContext,
): Promise<void> {
  const cancellation = new ClientCancellation()
  res.once('close', () => {
    if (!res.writableFinished) cancellation.cancel()
  })
  const handler = new RequestHandler(req, matched, cancellation, context)
  let outcome: Outcome | undefined
  let status: number | undefined // none for a client that went before it was answered
  try {
    const reply = await answerOf(handler, context.logger)
    if (res.destroyed) reply.discard()
    else {
      if (reply.status === 408 && !req.complete) res.shouldKeepAlive = false // or it would go on dripping
      status = reply.status
      const tap = reply.isEventStream ? new UsageTap(handler.record) : undefined
      try {
        outcome = await respond(res, reply, ownHeaders(handler, reply), tap)
      } catch (error) {
        if (!res.headersSent) status = 500
        outcome = await unwritable(res, reply, error, handler, context.logger)
      }
      if (outcome.error) report(outcome.error, handler, context.logger)
    }
    noteHeldUsage(reply, handler)
  } catch (error) {
    context.logger.error({ id: handler.id, err: error }, 'could not write the answer')
    res.destroy()
  } finally {
    handler.over()
    logLine(handler, status, outcome?.ending ?? 'gone', context.logger)
  }
}

/** The answer, or the error that stands for it. */
async function answerOf(handler: RequestHandler, logger: Logger): Promise<Reply> {
  try {
    return await handler.answer()
  } catch (error) {
    report(error, handler, logger)
    return renderError(error, handler)
  }
}

/** What can't be written (a header with a line break in it, by a plugin) is a 500 as long as nothing was sent. */
function unwritable(
  res: ServerResponse,
  reply: Reply,
  error: unknown,
  head: CallHead,
  logger: Logger,
): Promise<Outcome> {
  reply.discard()
  if (res.headersSent) throw error
  report(error, head, logger)
  return respond(res, renderError(error, head), ['request-id', head.id])
}

/** The upstream's id for the request goes to the client, so that its support can find it; else the gateway's own. */
function ownHeaders({ id, record }: CallHead, reply: Reply): HeaderList {
  const { upstreamMs } = record.facts
  const own = `agproxy;dur=${tenths(record.elapsed() - (upstreamMs ?? 0))}`
  const timing = upstreamMs === undefined ? own : `${own}, upstream;dur=${tenths(upstreamMs)}`
  return ['request-id', reply.header('request-id') ?? id, 'server-timing', timing]
}

/** Milliseconds with one digit behind the point; `toFixed` takes 0.5 µs. */
function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}

function report(error: unknown, head: CallHead, logger: Logger): void {
  if (ClientGoneError.is(error)) return
  head.record.facts.error = head.record.masked(error instanceof Error ? error.message : String(error))
  if (PluginError.is(error))
    logger.error({ id: head.id, plugin: error.plugin, hook: error.hook, err: error.cause }, error.message)
  else if (!GatewayError.is(error) && !UpstreamError.is(error))
    logger.error({ id: head.id, err: error }, 'request failed')
}
