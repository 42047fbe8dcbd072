import { applies, definePlugin, fixMode, z } from '../../core/index.js'
import { SEAL } from '../../core/kit.js'
import { withoutSealed } from './strip.js'

/**
 * Takes out the thinking that agproxy sealed for a provider behind another protocol, when the conversation goes on at an
 * upstream that can't read it: Anthropic refuses such a signature, and it is nobody else's business.
 */
export const thinking = definePlugin({
  name: 'thinking',
  phase: 'attempt',
  routes: ['messages', 'count-tokens'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode }, upstreams }) => {
    let sealed: boolean | undefined
    // Without an upstream that seals there is nothing to find, and looking through 240 kB costs 80 µs.
    const isPossible = () => (sealed ??= upstreams.list().some(({ accepts }) => accepts.sealedThinking))
    return {
      onRequest(call) {
        const { target } = call
        if (!applies(mode, target && !target.accepts.sealedThinking && isPossible())) return
        if (!call.bytes.includes(SEAL)) return
        const edits = withoutSealed(call.tree)
        if (edits.length === 0) return
        call.record.note(name, `left out ${edits.length} blocks that another upstream sealed`)
        return call.edit(edits)
      },
    }
  },
})
