import { z } from 'zod'
import { applies, type Call, definePlugin, fixMode, type Next, Reply } from '../../core/index.js'
import {
  bytesSource,
  type Cancellation,
  embeddedError,
  endToEnd,
  isRecord,
  looksLikeEvents,
  orCancelled,
  parseJson,
} from '../../core/kit.js'
import { protocolError } from './errors.js'
import { readMessage } from './read.js'

/** They speak of the stream and would be untrue of the message. */
const OF_THE_STREAM = new Set(['content-type', 'content-length', 'content-encoding', 'cache-control'])

export const forceStream = definePlugin({
  name: 'force-stream',
  phase: 'attempt',
  after: ['cache-control', 'role-merge'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ options, name }) => ({
    handle(call, next) {
      const { target } = call
      if (call.stream || !applies(options.mode, target && !target.accepts.nonStreaming)) return next(call)
      call.record.note(name, 'asked for a stream')
      return fold(call, next)
    },
  }),
})

async function fold(call: Call, next: Next): Promise<Reply> {
  const reply = await next(call.set({ stream: true }))
  if (!reply.ok) return reply
  if (reply.isEventStream) return messageOf(reply, await readMessage(reply.source(), call.cancellation))

  const bytes = await wholeBody(reply, call.cancellation)
  if (looksLikeEvents(bytes.toString('utf8', 0, 64)))
    return messageOf(reply, await readMessage(bytesSource([bytes]), call.cancellation))
  const body = parseJson(bytes)
  // Many upstreams answer in JSON although they were asked for a stream. An error is for `errors` to read.
  if ((isRecord(body) && body.type === 'message') || embeddedError(body)) return reply
  throw protocolError(
    `${reply.status} with ${bytes.length === 0 ? 'nothing' : (reply.header('content-type') ?? 'no content type')} instead of a message`,
  )
}

function messageOf(reply: Reply, json: string): Reply {
  const headers = { 'content-type': 'application/json', ...endToEnd(reply.headers, OF_THE_STREAM) }
  // The fold has checked that this is a whole message; no plugin need read it again to find out.
  return Reply.bytes(Buffer.from(json), { status: reply.status, headers }).makeCertain()
}

/** The whole body, or a ClientGoneError as soon as the request is cancelled. */
function wholeBody(reply: Reply, cancellation: Cancellation): Promise<Buffer> {
  return orCancelled(cancellation, (resolve, reject) => {
    reply.bytes().then(resolve, reject)
    return () => reply.discard()
  })
}
