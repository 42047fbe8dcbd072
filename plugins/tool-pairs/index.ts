import { definePlugin, fixMode, z } from '../../core/index.js'
import { FORWARDED_ROUTES } from '../../core/kit.js'
import { repairPairs } from './repair.js'

/**
 * Sets tool calls and their results in order for upstreams that refuse them otherwise: an aborted call, a compaction or another
 * client's history leaves the one without the other, and then every further turn is a 400.
 */
export const toolPairs = definePlugin({
  name: 'tool-pairs',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  touches: ['messages'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode } }) => ({
    onRequest(call) {
      const accepts = call.target?.accepts
      if (mode === 'never' || !accepts) return
      const always = mode === 'always'
      const needs = {
        pairs: always || !accepts.unpairedTools,
        content: always || !accepts.emptyResults,
        idCharacters: accepts.toolIdCharacters,
      }
      if (!needs.pairs && !needs.content && needs.idCharacters === undefined) return
      const { edits, changes } = repairPairs(call.tree.get('messages')!, call.roles, needs)
      if (edits.length === 0) return
      for (const change of changes) call.record.note(name, change)
      return call.edit(edits)
    },
  }),
})
