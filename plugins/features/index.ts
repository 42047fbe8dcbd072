import { type Call, definePlugin, fixMode, z } from '../../core/index.js'
import { FORWARDED_ROUTES } from '../../core/kit.js'
import { withEfforts } from './effort.js'
import { withoutFields } from './fields.js'
import { knownPlan, type Plan } from './plan.js'
import { fitTools, withoutReferences } from './tools.js'

const HEADER = 'anthropic-beta'

/**
 * Leaves features out that the upstream refuses: the body's field and the beta value that belongs to it, both or neither, and
 * spells beta values as the upstream does.
 */
export const features = definePlugin({
  name: 'features',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  // What an upstream refuses is named by its facts and its refusals, so any field may be.
  touches: ['*'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode } }) => ({
    onRequest(call) {
      const accepts = call.target?.accepts
      if (mode === 'never' || !accepts) return
      const plan = knownPlan(accepts, call.header(HEADER), mode === 'always')
      if (!plan) return
      const fitted = withoutRefused(call, plan, (text) => call.record.note(name, text))
      if (plan.beta === call.header(HEADER)) return fitted
      call.record.note(name, `${HEADER} is ${plan.beta ?? 'left out'}: the upstream refuses other values`)
      const headers = { ...fitted.headers, [HEADER]: plan.beta }
      return fitted.with({ headers })
    },
  }),
})

function withoutRefused(given: Call, plan: Plan, note: (text: string) => void): Call {
  let call = given
  // One thing after the other where there is anything to do, since a field may lie inside of what goes.
  const tools = fitTools(call.tree, plan)
  if (tools.removed.length > 0)
    note(`left out tools that the upstream does not know: ${tools.removed.join(', ')}`)
  call = call.edit(tools.edits)
  const { edits, paths } = withoutFields(call.tree, [...plan.paths, ...tools.emptied])
  if (paths.length > 0) note(`left out ${paths.join(', ')}: the upstream refuses it`)
  call = call.edit(edits)
  if (plan.toolReferences !== true) {
    const words = withoutReferences(call.tree, plan.toolReferences)
    if (words.length > 0) note(`${words.length} tool references became words: the upstream refuses them`)
    call = call.edit(words)
  }
  if (!plan.efforts) return call
  const efforts = withEfforts(call.tree, plan.efforts)
  if (efforts.length > 0) note(`effort is one of ${plan.efforts.join(', ')}: the upstream has no other`)
  return call.edit(efforts)
}
