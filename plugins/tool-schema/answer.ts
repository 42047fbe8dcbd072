import type { Awaitable, Reply, StreamEvent } from '../../core/index.js'
import { editMessage, type JsonNode } from '../../core/kit.js'
import { renamed } from './places.js'

/** A good answer with the client's own names for its tools, a stream or JSON. */
export function withNames(reply: Reply, names: ReadonlyMap<string, string>): Awaitable<Reply> {
  if (!reply.ok) return reply
  if (reply.isEventStream) return reply.mapEvents((event) => eventWithNames(event, names))
  return editMessage(reply, (message) => {
    const calls =
      message
        .get('content')
        ?.items()
        .filter((block) => block.get('type')?.is('tool_use')) ?? []
    const found = calls
      .map((block) => block.get('name'))
      .filter((name): name is JsonNode => name?.isString === true)
    return renamed(found, names)
  })
}

function eventWithNames(event: StreamEvent, names: ReadonlyMap<string, string>): StreamEvent | undefined {
  if (event.type !== 'content_block_start') return undefined
  const block = event.data.content_block as { type?: unknown; name?: unknown } | undefined
  const name =
    block?.type === 'tool_use' && typeof block.name === 'string' ? names.get(block.name) : undefined
  return name === undefined ? undefined : event.with({ ...event.data, content_block: { ...block, name } })
}
