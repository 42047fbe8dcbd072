import { definePlugin } from '../../core/index.js'
import { isRecord } from '../../core/kit.js'

type Json = Record<string, unknown>

/** Does in the plainest way what `accepts` says of what no plugin of the preset fits yet. */
export const tinyFixes = definePlugin({
  name: 'tiny-fixes',
  phase: 'attempt',
  create: () => ({
    onRequest(call) {
      const { accepts } = call.target!
      const body = JSON.parse(call.bytes.toString('utf8')) as Json
      const before = JSON.stringify(body)
      const thinking = body.thinking as Json | undefined
      if (thinking?.type === 'adaptive' && !accepts.adaptiveThinking)
        body.thinking = { type: 'enabled', budget_tokens: 1024 }
      if (thinking?.type === 'enabled' && !accepts.enabledThinking) body.thinking = { type: 'adaptive' }
      if (!accepts.contextManagement) delete body.context_management
      if (!accepts.effort && !accepts.structuredOutput) delete body.output_config
      for (const field of accepts.refusedFields) delete body[field]
      if (accepts.maxTokens) body.max_tokens = Math.min(body.max_tokens as number, accepts.maxTokens)
      for (const tool of (body.tools ?? []) as Json[]) if (!accepts.deferredTools) delete tool.defer_loading
      for (const message of body.messages as Json[]) {
        const blocks = Array.isArray(message.content) ? (message.content as Json[]) : []
        if (accepts.needsThinkingOnToolCalls && blocks.some(({ type }) => type === 'tool_use'))
          blocks.unshift({ type: 'thinking', thinking: '', signature: '' })
        for (const block of blocks)
          if (accepts.toolReferences !== true && Array.isArray(block.content))
            block.content = block.content.filter((part) => !isRecord(part) || part.type !== 'tool_reference')
      }
      const betas = (call.header('anthropic-beta') ?? '').split(',').filter(Boolean)
      const taken = accepts.betas ? betas.filter((beta) => accepts.betaNames[beta] !== null) : []
      const headers =
        taken.length === betas.length
          ? call.headers
          : { ...call.headers, 'anthropic-beta': taken.length > 0 ? taken.join(',') : undefined }
      const bytes = JSON.stringify(body) === before ? call.bytes : Buffer.from(JSON.stringify(body))
      return call.with({ bytes, headers })
    },
  }),
})
