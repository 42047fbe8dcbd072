import type { Awaitable } from '../contract/awaitable.js'
import type { Edit, JsonNode } from '../contract/json.js'
import type { Reply as ReplyContract } from '../contract/reply.js'
import { StreamText, type TextBlocks } from '../stream/map-stream-text.js'
import { editMessage } from './edit-message.js'

export interface MapTextOptions {
  /**
   * Characters at the end of what came that wait for what follows: as many as the longest text that `map` recognises, what it
   * looks at around it included. They reach the client a moment later.
   */
  readonly hold: number
  /**
   * Blocks whose text is mapped. Default: `text` alone. Thinking that was changed no longer fits its signature, and is refused
   * when the client sends it back.
   */
  readonly blocks?: readonly TextBlocks[]
}

/**
 * A good answer with other texts, whether it is a stream or JSON. `map` gets pieces of a block's text, however the stream was
 * cut, and returns what goes out for them. It must depend on its argument alone: it is called several times for one text.
 * Other answers, and JSON in which it changes nothing, stay as they are.
 *
 * @example
 * onReply: (reply) => mapText(reply, (text) => text.replaceAll('foo', 'bar'), { hold: 3 })
 */
export function mapText(
  reply: ReplyContract,
  map: (text: string) => string,
  { hold, blocks = ['text'] }: MapTextOptions,
): Awaitable<ReplyContract> {
  if (!reply.ok) return reply
  return reply.isEventStream
    ? reply.mapEvents(new StreamText(map, hold, blocks))
    : editMessage(reply, (message) =>
        (message.get('content')?.items() ?? []).flatMap((block) => edited(block, map, blocks)),
      )
}

function edited(block: JsonNode, map: (text: string) => string, blocks: readonly TextBlocks[]): Edit[] {
  const kind = blocks.find((name) => block.get('type')?.is(name))
  const node = kind && block.get(kind)
  const text = node?.string()
  const out = text === undefined ? undefined : map(text)
  return out === undefined || out === text
    ? []
    : [{ start: node!.start, end: node!.end, text: JSON.stringify(out) }]
}
