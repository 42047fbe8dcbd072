import type { EventData } from '../../core/contract/http.js'

export interface MessageInit {
  readonly text?: string
  readonly thinking?: { readonly text: string; readonly signature: string }
  readonly toolUse?: ToolUse | readonly ToolUse[]
  readonly usage?: object
  readonly model?: string
  readonly id?: string
  /** Default: `tool_use` when there is one, else `end_turn`. */
  readonly stopReason?: string
  /** Code points in one delta; default 5. */
  readonly deltaSize?: number
}

export interface ToolUse {
  readonly id?: string
  readonly name: string
  readonly input: object
}

interface Block {
  /** As `content_block_start` carries it. */
  readonly start: object
  readonly deltas: readonly object[]
  /** As the JSON message carries it. */
  readonly whole: object
}

/** A message as the Anthropic API answers it without a stream. */
export function message(init: MessageInit = {}) {
  return {
    ...envelope(init),
    content: blocksOf(init).map((block) => block.whole),
    stop_reason: stopReasonOf(init),
    usage: usageOf(init),
  }
}

/** The same message as the event sequence of https://docs.claude.com/en/api/messages-streaming. */
export function messageEvents(init: MessageInit = {}): EventData[] {
  const { output_tokens, ...usage } = usageOf(init)
  return [
    { type: 'message_start', message: { ...envelope(init), usage: { ...usage, output_tokens: 1 } } },
    { type: 'ping' },
    ...blocksOf(init).flatMap((block, index): EventData[] => [
      { type: 'content_block_start', index, content_block: block.start },
      ...block.deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: stopReasonOf(init), stop_sequence: null },
      usage: { output_tokens },
    },
    { type: 'message_stop' },
  ]
}

/** An error as the Anthropic API words it; also the data of `event: error`. */
export function errorData(type: string, text: string) {
  return { type: 'error', error: { type, message: text } }
}

function envelope({ id = 'msg_upstream', model = 'claude-sonnet-5' }: MessageInit) {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [] as object[],
    stop_reason: null as string | null,
    stop_sequence: null,
  }
}

function usageOf({ usage }: MessageInit) {
  return {
    input_tokens: 12,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: 7,
    ...usage,
  }
}

function stopReasonOf({ stopReason, toolUse }: MessageInit): string {
  return stopReason ?? (toolUse ? 'tool_use' : 'end_turn')
}

function blocksOf(init: MessageInit): Block[] {
  const { text, thinking, toolUse = [], deltaSize = 5 } = init
  const pieces = (value: string) => split(value, deltaSize)
  const blocks: Block[] = []
  if (thinking) {
    blocks.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...pieces(thinking.text).map((piece) => ({ type: 'thinking_delta', thinking: piece })),
        { type: 'signature_delta', signature: thinking.signature },
      ],
      whole: { type: 'thinking', thinking: thinking.text, signature: thinking.signature },
    })
  }
  const tools = [toolUse].flat() as ToolUse[]
  if (text !== undefined || (!thinking && tools.length === 0)) {
    const said = text ?? 'hello'
    blocks.push({
      start: { type: 'text', text: '' },
      deltas: pieces(said).map((piece) => ({ type: 'text_delta', text: piece })),
      whole: { type: 'text', text: said },
    })
  }
  tools.forEach(({ id, name, input }, i) => {
    const use = { type: 'tool_use', id: id ?? `toolu_${i + 1}`, name }
    blocks.push({
      start: { ...use, input: {} },
      // Anthropic opens every tool input with an empty delta.
      deltas: ['', ...pieces(JSON.stringify(input))].map((piece) => ({
        type: 'input_json_delta',
        partial_json: piece,
      })),
      whole: { ...use, input },
    })
  })
  return blocks
}

function split(text: string, size: number): string[] {
  const points = [...text]
  const out: string[] = []
  for (let i = 0; i < points.length; i += size) out.push(points.slice(i, i + size).join(''))
  return out
}
