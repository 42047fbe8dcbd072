import { type Script, streamed } from '../../support/script.js'
import { type Answer, halves, TOKENS, type Tool, writtenBy } from '../answer.js'

export interface ChatStyle {
  /** How a piece of thinking looks in a delta; undefined: this API has none. */
  readonly thinking?: (text: string) => object
  /** Tool calls come whole. */
  readonly wholeCalls?: boolean
  /** `completion_tokens` without the thinking. */
  readonly thinkingApart?: boolean
  /** The token counts come with the finish reason, in one chunk. */
  readonly usageWithFinish?: boolean
}

export const compatible: ChatStyle = { thinking: (text) => ({ reasoning_content: text }) }
export const mistral: ChatStyle = {
  thinking: (text) => ({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] }),
  usageWithFinish: true,
}
export const xai: ChatStyle = { ...compatible, wholeCalls: true, thinkingApart: true }

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export function chatFrames(answer: Answer, style: ChatStyle = {}): Buffer[] {
  const { thinking = '', text = '', tools = [] } = answer
  return [
    chunk({ role: 'assistant', content: '' }),
    ...(style.thinking ? halves(thinking).map((piece) => chunk(style.thinking!(piece))) : []),
    ...halves(text).map((content) => chunk({ content })),
    ...callChunks(tools, style),
    ...(answer.cut ? [] : [...lastChunks(answer, style), 'data: [DONE]\n\n']),
  ].map((frame) => Buffer.from(frame))
}

/** The same as a whole response. */
export function chatStream(answer: Answer, style: ChatStyle = {}): Script {
  return streamed(chatFrames(answer, style), { ...(answer.ending && { ending: answer.ending }) })
}

function chunk(delta: object, more: object = {}): string {
  return frame({ choices: [{ index: 0, delta, finish_reason: null, ...more }] })
}

function callChunks(tools: readonly Tool[], { wholeCalls }: ChatStyle): string[] {
  const call = (index: number, fields: object) => chunk({ tool_calls: [{ index, ...fields }] })
  const begin = ({ id, name }: Tool, input = '') => ({
    id,
    type: 'function',
    function: { name, arguments: input },
  })
  if (wholeCalls) return tools.map((tool, i) => call(i, begin(tool, writtenBy(tool))))
  const pieces = interleaved(tools.map((tool) => halves(writtenBy(tool))))
  return [
    ...tools.map((tool, i) => call(i, begin(tool))),
    ...pieces.map(([i, piece]) => call(i, { function: { arguments: piece } })),
  ]
}

function lastChunks(answer: Answer, { thinkingApart, usageWithFinish }: ChatStyle): string[] {
  const { input, cached, output, thinking } = answer.usage ?? TOKENS
  const usage = {
    prompt_tokens: input,
    completion_tokens: thinkingApart ? output - thinking : output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: thinking },
  }
  const last = { index: 0, delta: {}, finish_reason: finishOf(answer) }
  if (usageWithFinish) return [frame({ choices: [last], usage })]
  return [frame({ choices: [last] }), frame({ choices: [], usage })]
}

function frame(fields: object): string {
  const all = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', ...fields }
  return `data: ${JSON.stringify(all)}\n\n`
}

function finishOf({ tools = [], finish = 'stop' }: Answer): string {
  if (finish === 'stop' && tools.length > 0) return 'tool_calls'
  return { stop: 'stop', length: 'length', filter: 'content_filter' }[finish]
}

/** A piece of each in turn, as parallel calls come. */
function interleaved(pieces: readonly string[][]): [number, string][] {
  const longest = Math.max(0, ...pieces.map((list) => list.length))
  return Array.from({ length: longest }, (_, at) =>
    pieces.flatMap((list, i): [number, string][] => (list[at] === undefined ? [] : [[i, list[at]]])),
  ).flat()
}
