import { frames } from '../../support/sse-bytes.js'
import { type Answer, halves, TOKENS, writtenBy } from '../answer.js'

type Event = { type: string; [field: string]: unknown }

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function responsesFrames(answer: Answer): Buffer[] {
  const { thinking, signature, text, tools = [], sources = [], usage = TOKENS, finish = 'stop' } = answer
  const items: Event[][] = []
  const at = () => items.length
  if (thinking !== undefined || signature !== undefined)
    items.push(reasoning(at(), thinking ?? '', signature))
  if (sources.length > 0) items.push(search(at(), sources))
  if (text !== undefined) items.push(message(at(), text, sources))
  for (const tool of tools) items.push(functionCall(at(), tool.id, tool.name, writtenBy(tool)))
  const status = finish === 'stop' ? 'completed' : 'incomplete'
  const reason = { stop: null, length: 'max_output_tokens', filter: 'content_filter' }[finish]
  const response = {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: 'm',
    status,
    output: [],
    incomplete_details: reason && { reason },
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cached },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.thinking },
      total_tokens: usage.input + usage.output,
    },
  }
  const end = answer.cut ? [] : [{ type: `response.${status}`, response }]
  const events = [
    { type: 'response.created', response: { ...response, usage: null } },
    ...items.flat(),
    ...end,
  ]
  return frames(events)
}

function reasoning(output_index: number, text: string, encrypted_content: string | undefined): Event[] {
  const item_id = `rs_${output_index}`
  const item = { type: 'reasoning', id: item_id, summary: [] as object[], encrypted_content: null as unknown }
  const part = { item_id, output_index, summary_index: 0 }
  const words = halves(text).map((delta) => ({
    type: 'response.reasoning_summary_text.delta',
    ...part,
    delta,
  }))
  const whole = {
    ...item,
    encrypted_content: encrypted_content ?? null,
    summary: [{ type: 'summary_text', text }],
  }
  return [
    { type: 'response.output_item.added', output_index, item },
    ...(text === ''
      ? []
      : [
          {
            type: 'response.reasoning_summary_part.added',
            ...part,
            part: { type: 'summary_text', text: '' },
          },
        ]),
    ...words,
    ...(text === ''
      ? []
      : [{ type: 'response.reasoning_summary_part.done', ...part, part: { type: 'summary_text', text } }]),
    { type: 'response.output_item.done', output_index, item: whole },
  ]
}

function message(output_index: number, text: string, sources: readonly string[]): Event[] {
  const item_id = `msg_${output_index}`
  const part = { item_id, output_index, content_index: 0 }
  const item = { type: 'message', id: item_id, role: 'assistant', status: 'in_progress', content: [] }
  const annotations = sources.map((url, annotation_index) => ({
    type: 'response.output_text.annotation.added',
    ...part,
    annotation_index,
    annotation: { type: 'url_citation', url, title: 'A page', start_index: 0, end_index: 1 },
  }))
  return [
    { type: 'response.output_item.added', output_index, item },
    {
      type: 'response.content_part.added',
      ...part,
      part: { type: 'output_text', text: '', annotations: [] },
    },
    ...halves(text).map((delta) => ({ type: 'response.output_text.delta', ...part, delta, logprobs: [] })),
    ...annotations,
    { type: 'response.output_text.done', ...part, text, logprobs: [] },
    {
      type: 'response.output_item.done',
      output_index,
      item: { ...item, status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] },
    },
  ]
}

function functionCall(output_index: number, call_id: string, name: string, input: string): Event[] {
  const item_id = `fc_${output_index}`
  const item = { type: 'function_call', id: item_id, call_id, name, arguments: '', status: 'in_progress' }
  const part = { item_id, output_index }
  return [
    { type: 'response.output_item.added', output_index, item },
    ...halves(input).map((delta) => ({ type: 'response.function_call_arguments.delta', ...part, delta })),
    { type: 'response.function_call_arguments.done', ...part, name, arguments: input },
    {
      type: 'response.output_item.done',
      output_index,
      item: { ...item, arguments: input, status: 'completed' },
    },
  ]
}

function search(output_index: number, urls: readonly string[]): Event[] {
  const item = { type: 'web_search_call', id: `ws_${output_index}`, status: 'in_progress' }
  const sources = urls.map((url) => ({ type: 'url', url }))
  const action = { type: 'search', query: 'what', sources }
  return [
    { type: 'response.output_item.added', output_index, item: { ...item, action } },
    { type: 'response.output_item.done', output_index, item: { ...item, status: 'completed', action } },
  ]
}
