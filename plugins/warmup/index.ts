import { z } from 'zod'
import { definePlugin, Reply } from '../../core/index.js'
import { isWarmup } from './detect.js'
import { warmupEvents, warmupMessage } from './reply.js'

const INTERCEPTED = { headers: { 'x-warmup-intercepted': 'true' } }

/**
 * Answers Claude Code's warm-up here. 2.0.77 sends three of them when a session starts (93 kB of prompt together),
 * only to fill the prompt cache of the service that it believes to be behind the URL.
 *
 * Stands before every plugin that rewrites messages: after a merge, `Warmup` and the question behind it are one
 * message that begins with `Warmup`.
 */
export const warmup = definePlugin({
  name: 'warmup',
  phase: 'request',
  options: z.strictObject({
    /** The word that makes a message a warm-up. Default: `Warmup`. */
    text: z.string().trim().min(1).default('Warmup'),
  }),
  create: ({ name, options: { text } }) => ({
    onRequest(call) {
      if (!isWarmup(call.tree.get('messages')!.items(), text)) return
      call.record.note(name, 'answered here')
      return call.stream
        ? Reply.events(warmupEvents(call.model), INTERCEPTED)
        : Reply.json(warmupMessage(call.model), INTERCEPTED)
    },
  }),
})
