import { z } from 'zod'
import { definePlugin, duration } from '../../core/index.js'
import { durationText, FORWARDED_ROUTES, Learned, namedWindow } from '../../core/kit.js'
import { askAgain, taught } from './ask-again.js'
import { Deaf } from './deaf.js'
import type { Half } from './peel.js'

const WEEK = 7 * 24 * 3_600_000
/** Tokens; a smaller window than this is a misunderstanding, and learned it would refuse each prompt. */
const SMALLEST_WINDOW = 1_000

/**
 * Learns what an upstream refuses, from the words of the refusal. The request is sent again at once with that said in
 * `call.target.accepts`, so that the fixes leave it out; when this helps, it is kept for upstream and model.
 */
export const learn = definePlugin({
  name: 'learn',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  options: z.strictObject({
    /** Calls that a request may cost beside those of `retry-rotate`; 0 learns nothing new. Default: 2. */
    extraCalls: z.int().min(0).max(2).default(2),
    /** Milliseconds until a lesson is forgotten and the feature tried again. Default: 7 days. */
    expires: duration().min(1).default(WEEK),
  }),
  create: ({ options: { extraCalls, expires }, state, logger }) => {
    const learned = new Learned(state)
    const deaf = new Deaf()
    return {
      async handle(given, next) {
        const { target } = given
        if (!target) return next(given)
        const upstream = target.upstream.name
        const model = target.model ?? target.upstream.modelFor(given.model)
        const known = learned.of(upstream, model)
        const call = known ? taught(given, target, known) : given
        const window = namedWindow(call)
        window.tokens = undefined
        const refusal = await next(call)
        // A count has an estimate to fall back on; only conversations are worth more than one call.
        if (refusal.status < 400 || extraCalls === 0 || call.route !== 'messages') return refusal
        const key = `${upstream}\t${model}`
        const asked = await askAgain({ call, target: call.target!, refusal, next, extraCalls, deaf, key })
        for (const { lesson, why } of asked.learned) keep(lesson, why, 'left out')
        const { tokens = 0 } = window
        if (tokens >= SMALLEST_WINDOW && tokens !== call.target!.accepts.contextWindow)
          keep({ contextWindow: tokens }, `prompts of more than ${tokens} tokens`, 'remembered')
        return asked.reply

        function keep(lesson: Half['lesson'], why: string, done: string): void {
          learned.learn(upstream, model, lesson, why, expires)
          const told = `${upstream} refuses ${why} with ${model}: ${done} for ${durationText(expires)}`
          logger.info({ id: call.id, upstream, model }, told)
        }
      },
    }
  },
})
