import { type ContentBlock, type EventData, type MessageReply, UpstreamError } from '../../core/index.js'
import { applyEdits, JsonNode, parseJson } from '../../core/kit.js'

type Fields = Readonly<Record<string, unknown>>

/** The events of `MessageEvents` as the message that a client without `stream` gets. */
export class MessageFold {
  #message: Fields = {}
  readonly #content: ContentBlock[] = []
  #text = ''
  #citations: unknown[] = []
  /** Characters of all deltas. */
  #size = 0
  /** The texts of tool inputs, by the place of their block. */
  readonly #inputs = new Map<number, string>()

  /** @throws UpstreamError for more than any honest answer has */
  push(event: EventData): void {
    switch (event.type) {
      case 'message_start':
        this.#message = event.message as Fields
        break
      case 'content_block_start':
        this.#content.push(event.content_block as ContentBlock)
        this.#text = ''
        this.#citations = []
        break
      case 'content_block_delta':
        this.#delta(event.delta as Fields)
        break
      case 'content_block_stop':
        this.#stop()
        break
      case 'message_delta':
        this.#message = { ...this.#message, ...(event.delta as Fields), usage: event.usage }
    }
  }

  result(): MessageReply {
    return { ...this.#message, content: this.#content } as unknown as MessageReply
  }

  /**
   * The message's JSON, with each tool input as the model wrote it: rendered again, 1234567890123456789 would be
   * 1234567890123456800, and 1.0 would be 1.
   */
  json(): Buffer {
    const json = Buffer.from(JSON.stringify(this.result()))
    if (this.#inputs.size === 0) return json
    const blocks = JsonNode.parse(json, DEPTH_LIMIT).get('content')!.items()
    const edits = Array.from(this.#inputs, ([place, text]) => {
      const { start, end } = blocks[place]!.get('input')!
      return { start, end, text: wellFormed(text) }
    })
    return applyEdits(json, edits)
  }

  #delta({ type, ...delta }: Fields): void {
    if (type === 'signature_delta') this.#set(delta)
    else if (type === 'citations_delta') this.#citations.push(delta.citation)
    else this.#add(String(delta.text ?? delta.thinking ?? delta.partial_json ?? ''))
  }

  #add(words: string): void {
    this.#text += words
    this.#size += words.length
    if (this.#size > LIMIT) throw new UpstreamError('shape', 'the answer has more than 64 MB')
  }

  #stop(): void {
    const { type } = this.#content.at(-1)!
    if (type === 'text') {
      const citations = this.#citations.length > 0 ? { citations: this.#citations } : {}
      this.#set({ text: this.#block().text + this.#text, ...citations })
    }
    if (type === 'thinking') this.#set({ thinking: this.#text })
    if (type === 'tool_use') {
      this.#set({ input: parseJson(this.#text || '{}') })
      if (this.#text !== '') this.#inputs.set(this.#content.length - 1, this.#text)
    }
  }

  #block(): ContentBlock {
    return this.#content.at(-1)!
  }

  #set(fields: Fields): void {
    this.#content[this.#content.length - 1] = { ...this.#block(), ...fields }
  }
}

/** No honest answer that is held in memory is larger. */
const LIMIT = 64 * 1024 * 1024
/** A tool's input has 1,000 at most. */
const DEPTH_LIMIT = 1_100

/** UTF-8 has no half of a surrogate pair, but JSON can spell one; a byte order mark is no part of JSON. */
function wellFormed(text: string): string {
  return text.replace(/^\ufeff/, '').replace(/\p{Cs}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`)
}
