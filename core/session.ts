import type { Call } from './call.js'

/**
 * The conversation that a call belongs to, by what the client says of it: Claude Code's header, the session inside
 * `metadata.user_id` (a JSON text on current versions, `user_…_account__session_<uuid>` on older ones), or `x-session-id`.
 */
export function sessionOf(call: Call): string | undefined {
  return (
    call.header('x-claude-code-session-id') ??
    fromUserId(call.body.metadata?.user_id) ??
    call.header('x-session-id')
  )
}

function fromUserId(userId: unknown): string | undefined {
  if (typeof userId !== 'string') return undefined
  const old = /_session_([\w-]+)$/.exec(userId)?.[1]
  if (old) return old
  try {
    const { session_id: id } = JSON.parse(userId) as { session_id?: unknown }
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}
