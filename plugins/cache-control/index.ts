import { z } from 'zod'
import { applies, definePlugin, fixMode } from '../../core/index.js'
import { Marks, stripAll, stripThinking } from './strip.js'

/**
 * Takes `cache_control` out for upstreams that reject it ("Extra inputs are not permitted"). Left alone for those
 * that take it: without it Anthropic charges the full price for the whole prompt on every turn.
 *
 * Thinking blocks lose it for every upstream: the protocol has no such field there, and one marker in the wrong
 * place is a 400 for the whole conversation, again on every turn.
 */
export const cacheControl = definePlugin({
  name: 'cache-control',
  phase: 'attempt',
  routes: ['messages', 'count-tokens'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode } }) => ({
    onRequest(call) {
      if (mode === 'never') return
      const marks = new Marks(call.tree)
      if (marks.none) return
      const everywhere = applies(mode, call.target && !call.target.accepts.cacheControl)
      const edits = everywhere ? stripAll(call.tree, marks) : stripThinking(call.tree, marks)
      if (edits.length === 0) return
      call.record.note(name, `removed ${edits.length}${everywhere ? '' : ' from thinking blocks'}`)
      return call.edit(edits)
    },
  }),
})
