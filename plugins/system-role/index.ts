import { applies, definePlugin, fixMode, z } from '../../core/index.js'
import { FORWARDED_ROUTES } from '../../core/kit.js'
import { foldSystem } from './fold.js'

/**
 * Finds another place for `system` entries inside `messages`, for upstreams that know user and assistant alone. Never for
 * Anthropic in `auto`: moving them there costs the prompt cache.
 */
export const systemRole = definePlugin({
  name: 'system-role',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  touches: ['messages', 'system', 'tools'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode } }) => ({
    onRequest(call) {
      const taken = call.target?.accepts.systemMessages ?? true
      if (!applies(mode, taken !== true)) return
      const { roles } = call
      const onlyFirst = mode === 'auto' && taken === 'not-first'
      if (onlyFirst ? roles[0] !== 'system' : !roles.includes('system')) return
      const { edits, folded, hoisted } = foldSystem(call.tree, roles, onlyFirst)
      call.record.note(
        name,
        `${folded} system messages became text of the user's, ${hoisted} joined system: the upstream takes ${onlyFirst ? 'none at the beginning' : 'no such role'}`,
      )
      return call.edit(edits)
    },
  }),
})
