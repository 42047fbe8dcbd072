import type { Call, Next, Reply, Target } from '../../core/index.js'
import { extended, type Lesson, type UpstreamWords, wordsOfText } from '../../core/kit.js'
import type { Deaf } from './deaf.js'
import type { Half } from './peel.js'
import { suggestionOf } from './refusals.js'

/** What is read of an error body. */
const READ = 64 * 1024

export interface AskAgainInit {
  /** As it was sent. */
  readonly call: Call
  readonly target: Target
  readonly refusal: Reply
  readonly next: Next
  /** Calls that it may cost. */
  readonly extraCalls: number
  readonly deaf: Deaf
  /** Upstream and model, for `deaf`. */
  readonly key: string
}

export interface Asked {
  readonly reply: Reply
  /** What was left out of the request that was answered; nothing where none was. */
  readonly learned: readonly Half[]
}

/** Sends a refused request again without what the refusal names, as long as the refusals change and calls are left. */
export async function askAgain(init: AskAgainInit): Promise<Asked> {
  const { call, target, next, extraCalls, deaf, key } = init
  let reply = init.refusal
  let words = await wordsOf(reply)
  let accepts = target.accepts
  const learned: Half[] = []
  for (let left = extraCalls; left > 0; ) {
    const name = (half: Half) => `${key}\t${half.why}`
    const halves = suggestionOf(words, call, accepts).filter((half) => !deaf.has(name(half)))
    if (halves.length === 0) break
    const refused = words.message
    for (const half of halves) {
      if (left-- <= 0) return { reply, learned: [] }
      accepts = extended(accepts, half.lesson)
      reply = await next(call.with({ target: { ...target, accepts } }))
      call.record.note('learn', `asked again without ${half.why}: status ${reply.status}`)
      if (reply.status < 400) return { reply, learned: [...learned, half] }
      words = await wordsOf(reply)
      if (!isSame(words.message, refused)) {
        learned.push(half)
        break
      }
      deaf.add(name(half)) // no fix left it out, or it is not that
    }
    if (isSame(words.message, refused)) break
  }
  return { reply, learned: [] }
}

/** The call with what was learned of its target. */
export function taught(call: Call, target: Target, lesson: Lesson): Call {
  return call.with({ target: { ...target, accepts: extended(target.accepts, lesson) } })
}

async function wordsOf(reply: Reply): Promise<UpstreamWords> {
  const bytes = await reply.bytes().catch(() => Buffer.alloc(0))
  return wordsOfText(bytes.subarray(0, READ).toString('utf8'))
}

/** Places in the body move when something is left out. */
function isSame(a: string | undefined, b: string | undefined): boolean {
  const bare = (text = '') => text.replace(/\d+/g, '#')
  return bare(a) === bare(b)
}
