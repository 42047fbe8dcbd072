import { z } from 'zod'
import { type Call, definePlugin, type Next, type Plugin, Reply } from '../../core/index.js'
import { deferredStream } from './deferred.js'
import { guarded } from './guard.js'

const milliseconds = z.number().int().nonnegative()

const options = z.strictObject({
  /** Milliseconds to an upstream's first event, after which the attempt has failed. Default: 300000. */
  firstEventTimeout: milliseconds.positive().default(300_000),
  /** Milliseconds to an answer without a stream, whose headers come with its end; the official SDK waits 10 minutes. Default: 600000. */
  answerTimeout: milliseconds.positive().default(600_000),
  /** Milliseconds after which headers go to the client although no event has come; Claude Code gives up after 360 s without any. Default: 20000. */
  headersAfter: milliseconds.default(20_000),
  /** Milliseconds without a byte after which a comment is sent; 0: none. Default: 15000. */
  heartbeat: milliseconds.default(15_000),
  /** Milliseconds of silence within an answer after which the upstream is cut off; Claude Code gives up after 300 s. Default: 270000. */
  idleTimeout: milliseconds.positive().default(270_000),
  /** How a stream that broke ends: `reset` closes the connection, `error-event` sends an `event: error` and ends cleanly. Default: `reset`. */
  onBreak: z.enum(['reset', 'error-event']).default('reset'),
})

type GuardOptions = z.output<typeof options>

class StreamGuard implements Plugin {
  constructor(private readonly options: GuardOptions) {}

  async handle(call: Call, next: Next): Promise<Reply> {
    const { firstEventTimeout, idleTimeout, answerTimeout, headersAfter } = this.options
    const limits = { firstEvent: firstEventTimeout, idle: idleTimeout, answer: answerTimeout }
    const limited = call.with({ limits })
    if (!call.stream) return next(limited)

    const pending = next(limited)
    const early = await Promise.race([pending, after(headersAfter, pending)])
    if (early) return early.isEventStream ? this.#guard(early, call) : early
    call.record.note('stream-guard', `no event after ${headersAfter} ms: headers sent`)
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
    return this.#guard(Reply.stream(deferredStream(pending), { headers }), call)
  }

  #guard(reply: Reply, { record }: Call): Reply {
    // Comments are bytes that the upstream's length, if it states one, does not count.
    const watched = reply.with({ source: guarded(reply.source(), { ...this.options, record }) })
    const hasLength = reply.header('content-length') !== undefined
    return hasLength ? watched.with({ headers: { 'content-length': undefined } }) : watched
  }
}

/** Undefined after `ms`; never holds the process, and stops when the reply is there. */
function after(ms: number, pending: Promise<unknown>): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, undefined)
    const stop = () => clearTimeout(timer)
    pending.then(stop, stop)
  })
}

/** Keeps streams honest and connections alive; see docs/plugins/stream-guard.md. */
export const streamGuard = definePlugin({
  name: 'stream-guard',
  phase: 'request',
  options,
  create: ({ options }) => new StreamGuard(options),
})
