import { type Accepts, type Call, definePlugin, type FixMode, fixMode, z } from '../../core/index.js'
import { FORWARDED_ROUTES, SEAL } from '../../core/kit.js'
import { type BlockNeeds, type Conversation, fitConversation } from './conversation.js'
import { type Mode, modeFor, setMode } from './mode.js'

/**
 * Fits thinking to the upstream: the form in which it is asked for, and what earlier thinking in the conversation is taken.
 * What is left out is left out of this attempt alone, so that it is there when the session comes back.
 */
export const thinking = definePlugin({
  name: 'thinking',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  touches: ['thinking', 'context_management', 'messages'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode }, upstreams, accounts }) => {
    let sealed: boolean | undefined
    // Without an upstream that seals there is nothing to find, and looking through 240 kB costs 80 µs.
    const seals = () => (sealed ??= upstreams.list().some(({ accepts }) => accepts.sealedThinking))
    // What a session has from the one upstream that there is was signed there, however it looks.
    const moves = () => new Set(accounts.all().map(({ upstream }) => upstream)).size !== 1
    return {
      onRequest(call) {
        const accepts = call.target?.accepts
        if (mode === 'never' || !accepts) return
        const { tree } = call
        const asked = modeFor(tree, accepts)
        const budgeted = asked ? asked.type === 'enabled' : tree.get('thinking')?.get('type')?.is('enabled')
        const needs = needsOf(accepts, mode, call, { seals, moves, isOff: asked?.type === 'off' })
        const checkLoop = needs.noForeign && budgeted === true
        const found = hasNeeds(needs) ? fitConversation(tree, call.roles, needs, checkLoop) : undefined
        const becomes: Mode | undefined = found?.movedInLoop ? { type: 'off' } : asked
        const edits = [...(becomes ? setMode(tree, becomes) : []), ...(found?.edits ?? [])]
        if (edits.length === 0) return
        for (const text of notesOf(found, becomes)) call.record.note(name, text)
        return call.edit(edits)
      },
    }
  },
})

interface Surroundings {
  readonly seals: () => boolean
  readonly moves: () => boolean
  readonly isOff: boolean
}

function needsOf(accepts: Accepts, mode: FixMode, call: Call, chain: Surroundings): BlockNeeds {
  const always = mode === 'always'
  const mayBeSealed = always || (!accepts.sealedThinking && chain.seals())
  return {
    noThinking: !accepts.thinkingBlocks,
    noRedacted: !accepts.redactedThinking,
    noSealed: mayBeSealed && call.bytes.includes(SEAL),
    noForeign: always || (!accepts.foreignSignatures && chain.moves()),
    onToolCalls:
      accepts.needsThinkingOnToolCalls &&
      accepts.thinkingBlocks &&
      !chain.isOff &&
      call.tree.get('thinking')?.get('type')?.is('disabled') !== true,
  }
}

function hasNeeds(needs: BlockNeeds): boolean {
  return Object.values(needs).some(Boolean)
}

function notesOf(found: Conversation | undefined, mode: Mode | undefined): string[] {
  const removed = [...(found?.removed ?? [])].map(([why, count]) => `left out ${count} blocks: ${why}`)
  const added = found?.added
    ? [`put ${found.added} empty blocks before tool calls: the upstream wants one`]
    : []
  if (found?.movedInLoop) return [...removed, ...added, 'off for this turn: its tool calls began elsewhere']
  const words = mode?.type === 'enabled' ? `enabled with ${mode.budget} tokens` : mode?.type
  return [...removed, ...added, ...(words ? [`thinking is ${words}: the upstream takes no other form`] : [])]
}
