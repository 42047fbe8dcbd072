/**
 * The part of the Anthropic Messages protocol that agproxy reads. Every object is open: clients send fields,
 * block types and roles that no list here knows, and they must travel on untouched.
 */

/** A content block of any type; `type` says which. */
export interface ContentBlock {
  readonly type: string
  readonly [field: string]: unknown
}

export interface TextBlock extends ContentBlock {
  readonly type: 'text'
  readonly text: string
}

export type Content = string | readonly ContentBlock[]

/** `role` is `user` or `assistant`; current clients also send `system` entries inside `messages`. */
export interface Message {
  readonly role: string
  readonly content: Content
  readonly [field: string]: unknown
}

export interface Tool {
  readonly name?: string
  readonly [field: string]: unknown
}

/** The body of `POST /v1/messages` (and of `count_tokens`, which is the same less `max_tokens` and `stream`). */
export interface MessagesRequest {
  readonly model: string
  readonly messages: readonly Message[]
  readonly system?: Content
  readonly tools?: readonly Tool[]
  readonly stream?: boolean
  readonly max_tokens?: number
  readonly metadata?: { readonly user_id?: string; readonly [field: string]: unknown }
  readonly thinking?: { readonly type?: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

/** Token counts as the protocol reports them; fields that an upstream leaves out stay undefined. */
export interface Usage {
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly cache_creation_input_tokens?: number | null
  readonly cache_read_input_tokens?: number | null
  readonly [field: string]: unknown
}

/** A complete answer: what a client gets that did not ask for a stream. */
export interface MessageReply {
  readonly id: string
  readonly type: 'message'
  readonly role: 'assistant'
  readonly model: string
  readonly content: readonly ContentBlock[]
  readonly stop_reason: string | null
  readonly stop_sequence: string | null
  readonly usage: Usage
  readonly [field: string]: unknown
}
