import { type Call, ClientGoneError, definePlugin, type Next, type Reply, z } from '../../core/index.js'
import { answerTo } from './answers.js'
import { kindOf } from './kinds.js'

const options = z.strictObject({
  /** What is answered here, at no cost: `title`, `topic`, `probe`. Default: all three. */
  local: z.array(z.enum(['title', 'topic', 'probe'])).default(['title', 'topic', 'probe']),
  /** Where the rest goes, such as what the client calls auxiliary: `{ model, upstream, account }`. Default: where all goes. */
  to: z
    .strictObject({
      /** The model to ask for, by the upstream's name. Default: the client's. */
      model: z.string().min(1).optional(),
      /** The upstream whose accounts serve it. Default: any. */
      upstream: z.string().min(1).optional(),
      /** The account that serves it, by id. Default: any. */
      account: z.string().min(1).optional(),
    })
    .optional(),
})

/**
 * Answers what clients ask beside the conversation, titles of sessions, topics and probes of a key, or sends it to a cheaper model:
 * a flagship model gives a session its title for the price of its 1,000 tokens, with every session.
 */
export const background = definePlugin({
  name: 'background',
  phase: 'request',
  optIn: true,
  after: 'auth',
  before: 'retry-rotate',
  touches: ['model'],
  options,
  create: ({ name, options: { local, to } }) => ({
    handle(call, next) {
      const kind = kindOf(call)
      if (!kind) return next(call)
      const answer = kind !== 'other' && local.includes(kind) ? answerTo(kind, call) : undefined
      if (answer) {
        call.record.note(name, `${kind}: answered here`)
        return answer.with({ headers: { 'x-background-intercepted': kind } })
      }
      if (!to) return next(call)
      call.record.note(name, `${kind}: to ${to.model ?? call.model}`)
      return cheaper(call, call.prefer({ ...to, only: 'now' }), next)
    },
  }),
})

/** Where the cheaper one can't serve, the usual one does. */
async function cheaper(call: Call, preferred: Call, next: Next): Promise<Reply> {
  try {
    const reply = await next(preferred)
    if (reply.ok) return reply
    reply.discard()
  } catch (error) {
    if (ClientGoneError.is(error)) throw error
  }
  return next(call)
}
