import { applies, definePlugin, fixMode, z } from '../../core/index.js'
import { FORWARDED_ROUTES } from '../../core/kit.js'
import { withoutAttribution } from './strip.js'

/**
 * Takes out what says who is asking, for upstreams whose prompt cache it parts: the billing line, which differs from
 * conversation to conversation and precedes everything else, and the user's id. Anthropic gets both untouched.
 */
export const attribution = definePlugin({
  name: 'attribution',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  touches: ['system', 'metadata'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode } }) => ({
    onRequest(call) {
      const accepts = call.target?.accepts
      const line = applies(mode, accepts && !accepts.billingLine)
      const userId = applies(mode, accepts?.userIdPartsCache)
      if (!line && !userId) return
      const { edits, removed } = withoutAttribution(call.tree, { line, userId })
      if (edits.length === 0) return
      call.record.note(name, `removed ${removed.join(' and ')}: the upstream's cache is parted by it`)
      return call.edit(edits)
    },
  }),
})
