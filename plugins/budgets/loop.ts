import type { MessagesRequest } from '../../core/index.js'

export interface Loop {
  readonly tool: string
  readonly times: number
}

/** Looked at from the end: what came before is the client's to know. */
const LOOK_BACK = 20

/** The last tool call, if the calls before it are the same, one after the other. */
export function loopIn(
  messages: MessagesRequest['messages'],
  least: number,
  /** Of the messages, where they are known without decoding these: results of tools are large. */
  roles: readonly string[] = messages.map(({ role }) => role),
): Loop | undefined {
  let last: { tool: string; call: string } | undefined
  let times = 0
  const from = Math.max(0, messages.length - Math.max(LOOK_BACK, least * 2))
  for (let i = messages.length - 1; i >= from; i--) {
    if (roles[i] !== 'assistant') continue
    const call = onlyCall(messages[i]!.content)
    if (!call || (last && call.call !== last.call)) break
    last = call
    times++
  }
  return last && times >= least ? { tool: last.tool, times } : undefined
}

function onlyCall(content: unknown): { tool: string; call: string } | undefined {
  if (!Array.isArray(content)) return undefined
  const calls = content.filter((block) => (block as { type?: unknown } | null)?.type === 'tool_use')
  if (calls.length === 0) return undefined
  const named = calls.map(({ name, input }) => [name, input])
  return { tool: String(calls[0].name).slice(0, 60), call: JSON.stringify(named) }
}
