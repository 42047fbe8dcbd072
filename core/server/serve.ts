import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../contract/services.js'
import { ClientGoneError, GatewayError, PluginError, UpstreamError } from '../errors/gateway-errors.js'
import type { CallHead } from '../exchange/call.js'
import { ClientPresence } from '../exchange/cancellation.js'
import type { HeaderList } from '../exchange/headers.js'
import type { Reply } from '../exchange/reply.js'
import { UsageTap } from '../exchange/usage.js'
import { type ExchangeContext, type Matched, Visit } from './handle.js'
import { logLine, noteHeldUsage } from './log-line.js'
import { renderError } from './render-error.js'
import { type Outcome, respond } from './respond.js'

/** One request from its headers to its last byte. Never rejects: whatever happens, the client gets an answer and the gateway lives on. */
export async function exchange(
  req: IncomingMessage,
  res: ServerResponse,
  matched: Matched,
  context: ExchangeContext,
): Promise<void> {
  const presence = new ClientPresence()
  res.once('close', () => {
    if (!res.writableFinished) presence.leave()
  })
  const visit = new Visit(req, matched, presence, context)
  let outcome: Outcome | undefined
  let status: number | undefined // none for a client that went before it was answered
  try {
    const reply = await answerOf(visit, context.logger)
    if (res.destroyed) reply.discard()
    else {
      if (reply.status === 408 && !req.complete) res.shouldKeepAlive = false // or it would go on dripping
      status = reply.status
      const tap = reply.isEventStream ? new UsageTap(visit.journal) : undefined
      try {
        outcome = await respond(res, reply, ownHeaders(visit, reply), tap)
      } catch (error) {
        if (!res.headersSent) status = 500
        outcome = await unwritable(res, reply, error, visit, context.logger)
      }
      if (outcome.error) report(outcome.error, visit, context.logger)
    }
    noteHeldUsage(reply, visit)
  } catch (error) {
    context.logger.error({ id: visit.id, err: error }, 'could not write the answer')
    res.destroy()
  } finally {
    visit.over()
    logLine(visit, status, outcome?.ending ?? 'gone', context.logger)
  }
}

/** The answer, or the error that stands for it. */
async function answerOf(visit: Visit, logger: Logger): Promise<Reply> {
  try {
    return await visit.answer()
  } catch (error) {
    report(error, visit, logger)
    return renderError(error, visit.id)
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
  return respond(res, renderError(error, head.id), ['request-id', head.id])
}

/** The upstream's id for the request goes to the client, so that its support can find it; else the gateway's own. */
function ownHeaders({ id, journal }: CallHead, reply: Reply): HeaderList {
  const { upstreamMs } = journal.facts
  const own = `agproxy;dur=${tenths(journal.elapsed() - (upstreamMs ?? 0))}`
  const timing = upstreamMs === undefined ? own : `${own}, upstream;dur=${tenths(upstreamMs)}`
  return ['request-id', reply.header('request-id') ?? id, 'server-timing', timing]
}

/** Milliseconds with one digit behind the point; `toFixed` takes 0.5 µs. */
function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}

function report(error: unknown, head: CallHead, logger: Logger): void {
  if (ClientGoneError.is(error)) return
  head.journal.facts.error = error instanceof Error ? error.message : String(error)
  if (PluginError.is(error))
    logger.error({ id: head.id, plugin: error.plugin, hook: error.hook, err: error.cause }, error.message)
  else if (!GatewayError.is(error) && !UpstreamError.is(error))
    logger.error({ id: head.id, err: error }, 'request failed')
}
