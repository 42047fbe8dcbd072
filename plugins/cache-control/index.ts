import { z } from 'zod'
import { applies, fixMode } from '../../core/fix.js'
import { definePlugin } from '../../core/plugin.js'
import { stripAll, stripThinking } from './strip.js'

/**
 * Takes `cache_control` out for upstreams that reject it ("Extra inputs are not permitted"). Left alone for those
 * that take it: without it Anthropic charges the full price for the whole prompt on every turn.
 *
 * Thinking blocks lose it for every upstream: the protocol has no such field there, and one marker in the wrong
 * place is a 400 for the whole conversation, again on every turn.
 */
export const cacheControl = definePlugin({
  name: 'cache-control',
  phase: 'upstream',
  routes: ['messages', 'count-tokens'],
  options: z.strictObject({ mode: fixMode }),
  create: ({ name, options: { mode } }) => ({
    onRequest(call) {
      if (mode === 'never') return
      const everywhere = applies(mode, call.target && !call.target.accepts.cacheControl)
      const body = everywhere ? stripAll(call.body) : stripThinking(call.body)
      if (body === call.body) return
      call.journal.decide(name, everywhere ? 'removed' : 'removed from thinking blocks')
      return call.with({ body })
    },
  }),
})
