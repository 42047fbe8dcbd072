import { z } from 'zod'
import { applies, fixMode } from '../../core/fix.js'
import { definePlugin } from '../../core/plugin.js'
import { mergeRoles } from './merge.js'

/**
 * Joins neighbouring messages of the same role for upstreams that insist on user and assistant taking turns. Never
 * for Anthropic in `auto`: it joins them itself, and a body rewritten here no longer matches its prompt cache.
 */
export const roleMerge = definePlugin({
  name: 'role-merge',
  phase: 'upstream',
  routes: ['messages', 'count-tokens'],
  options: z.strictObject({ mode: fixMode }),
  create: ({ name, options: { mode } }) => ({
    onRequest(call) {
      if (!applies(mode, call.target && !call.target.accepts.sameRoleNeighbours)) return
      const messages = mergeRoles(call.body.messages)
      if (messages === call.body.messages) return
      call.journal.decide(name, `${call.body.messages.length} messages became ${messages.length}`)
      return call.with({ body: { ...call.body, messages } })
    },
  }),
})
