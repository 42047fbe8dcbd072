import type { Call } from '../contract/call.js'
import type { JsonNode } from '../contract/json.js'

/**
 * The conversation that a call belongs to, by what the client says of it: Claude Code's header, the session inside
 * `metadata.user_id` (a JSON text on current versions, `user_…_account__session_<uuid>` on older ones), or `x-session-id`.
 */
export function sessionOf(call: Call): string | undefined {
  return (
    call.header('x-claude-code-session-id') ??
    fromUserId(call.tree.get('metadata')?.get('user_id')) ??
    call.header('x-session-id')
  )
}

const OLD_MARK = '_session_'
const LONGEST = 1_000

/** Read from the index: to decode `call.body` for it took 1.7 s of a body with 490,000 fields. */
function fromUserId(node: JsonNode | undefined): string | undefined {
  // Clients choose it; no honest one is longer, and a search of it must not block.
  if (!node || node.end - node.start > LONGEST) return undefined
  const userId = node.string()
  if (userId === undefined) return undefined
  const at = userId.lastIndexOf(OLD_MARK)
  if (at >= 0) return userId.slice(at + OLD_MARK.length) || undefined
  try {
    const { session_id: id } = JSON.parse(userId) as { session_id?: unknown }
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}
