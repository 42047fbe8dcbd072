import { z } from 'zod'
import { applies, definePlugin, fixMode } from '../../core/index.js'

/** Asks the upstream for a stream where the client wants a message; see docs/plugins/force-stream.md. */
export const forceStream = definePlugin({
  name: 'force-stream',
  phase: 'attempt',
  after: ['cache-control', 'role-merge'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ options, name }) => ({
    onRequest(call) {
      const { target } = call
      if (call.stream || !applies(options.mode, target && !target.accepts.nonStreaming)) return
      call.record.note(name, 'asked for a stream')
      return call.set({ stream: true }).with({ answer: 'message' })
    },
  }),
})
