import { z } from 'zod'
import { type Accepts, applies, definePlugin, fixMode } from '../../core/index.js'
import { FORWARDED_ROUTES } from '../../core/kit.js'
import { type Marked, Marks, markedIn, unmarked } from './strip.js'

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
  routes: FORWARDED_ROUTES,
  touches: ['cache_control', 'system[*].cache_control', 'tools[*].cache_control', 'messages[*].content'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode } }) => ({
    onRequest(call) {
      if (mode === 'never') return
      const marks = new Marks(call.tree)
      if (marks.none) return
      const accepts = call.target?.accepts
      const everywhere = applies(mode, accepts && !accepts.cacheControl)
      const marked = markedIn(call.tree, marks)
      const refused = everywhere ? marked : marked.filter(({ kind }) => isRefused(kind, accepts))
      const edits = unmarked(everywhere ? marked : [...refused, ...surplus(marked, refused, accepts)])
      if (edits.length === 0) return
      call.record.note(name, `removed ${edits.length} of ${marked.length}`)
      return call.edit(edits)
    },
  }),
})

/** No upstream takes it on thinking. */
const NOWHERE: ReadonlySet<string | undefined> = new Set(['thinking', 'redacted_thinking'])

function isRefused(kind: string | undefined, accepts: Accepts | undefined): boolean {
  if (NOWHERE.has(kind)) return true
  const places = accepts?.cacheControlOn ?? 'anywhere'
  return places !== 'anywhere' && (kind === undefined || !places.includes(kind))
}

/** The earliest of those that are more than may be: the last ones cover what they do. */
function surplus(
  marked: readonly Marked[],
  refused: readonly Marked[],
  accepts: Accepts | undefined,
): readonly Marked[] {
  const most = accepts?.maxCacheControls ?? Number.POSITIVE_INFINITY
  const left = marked.filter((one) => !refused.includes(one))
  return left.slice(0, Math.max(0, left.length - most))
}
