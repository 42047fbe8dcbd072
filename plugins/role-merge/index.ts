import { z } from 'zod'
import { applies, definePlugin, fixMode } from '../../core/index.js'
import { FORWARDED_ROUTES } from '../../core/kit.js'
import { mergeRoles } from './merge.js'

/**
 * Joins neighbouring messages of the same role for upstreams that insist on user and assistant taking turns. Never
 * for Anthropic in `auto`: it joins them itself, and a body rewritten here no longer matches its prompt cache.
 */
export const roleMerge = definePlugin({
  name: 'role-merge',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode } }) => ({
    onRequest(call) {
      if (!applies(mode, call.target && !call.target.accepts.consecutiveRoles)) return
      // The roles alone tell nearly always that nothing is to do, and are known without a look at an edited body.
      if (!hasNeighbours(call.roles)) return
      const messages = call.tree.get('messages')!.items()
      const edits = mergeRoles(messages, call.roles)
      if (edits.length === 0) return
      call.record.note(name, `joined neighbours among ${messages.length} messages`)
      return call.edit(edits)
    },
  }),
})

function hasNeighbours(roles: readonly string[]): boolean {
  return roles.some((role, i) => role === roles[i + 1] && role !== 'system')
}
