import { type ContentBlock, type EventData, type MessageReply } from '../../core/index.js'
import { embeddedError, parseJson } from '../../core/kit.js'

type Fields = Readonly<Record<string, unknown>>

/** The events of `MessageEvents` as the message that a client without `stream` gets. */
export class MessageFold {
  #message: Fields = {}
  readonly #content: ContentBlock[] = []
  #text = ''

  /** @throws UpstreamError for an `error` event */
  push(event: EventData): void {
    switch (event.type) {
      case 'message_start':
        this.#message = event.message as Fields
        break
      case 'content_block_start':
        this.#content.push(event.content_block as ContentBlock)
        this.#text = ''
        break
      case 'content_block_delta':
        this.#delta(event.delta as Fields)
        break
      case 'content_block_stop':
        this.#stop()
        break
      case 'message_delta':
        this.#message = { ...this.#message, ...(event.delta as Fields), usage: event.usage }
        break
      case 'error':
        throw embeddedError(event)
    }
  }

  result(): MessageReply {
    return { ...this.#message, content: this.#content } as unknown as MessageReply
  }

  #delta({ type, ...delta }: Fields): void {
    if (type === 'signature_delta') this.#set(delta)
    else if (type === 'citations_delta') this.#set({ citations: [...this.#citations(), delta.citation] })
    else this.#text += String(delta.text ?? delta.thinking ?? delta.partial_json ?? '')
  }

  #stop(): void {
    const { type } = this.#content.at(-1)!
    if (type === 'text') this.#set({ text: this.#block().text + this.#text })
    else if (type === 'thinking') this.#set({ thinking: this.#text })
    else if (type === 'tool_use') this.#set({ input: inputOf(this.#text) })
  }

  #block(): ContentBlock {
    return this.#content.at(-1)!
  }

  #citations(): readonly unknown[] {
    return (this.#block().citations as readonly unknown[] | undefined) ?? []
  }

  #set(fields: Fields): void {
    this.#content[this.#content.length - 1] = { ...this.#block(), ...fields }
  }
}

/**
 * Models write JSON that is none, and answers stop in the middle of it. The key is the one that Anthropic's documentation of
 * fine-grained tool streaming proposes, so that the client's tool refuses the input and the model hears why.
 */
function inputOf(json: string): unknown {
  if (json === '') return {}
  const input = parseJson(json)
  return input === undefined ? { INVALID_JSON: json } : input
}
