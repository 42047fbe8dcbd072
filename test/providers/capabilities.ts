import type { EventData } from '../../core/index.js'
import { ask, type Seen } from '../support/client.js'
import { expectGrammar } from '../support/event-grammar.js'
import { json, stall } from '../support/script.js'
import type { Answer } from './answer.js'
import { streamOf } from './providers.js'
import { closesAtOnce, type Message, type Trial } from './trial.js'

/** Something that a client may ask of a provider. */
export interface Capability {
  /** As the docs say it. */
  readonly title: string
  /** Whether the provider does it; it may throw for what no provider may get wrong. */
  check(trial: Trial): Promise<boolean>
}

const IMAGE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=='
const PDF = Buffer.from('%PDF-1.4 a small one').toString('base64')
const URL_OF_IMAGE = 'https://pictures.example/a.png'

const bash = {
  name: 'Bash',
  description: 'Runs it',
  input_schema: { type: 'object', properties: { n: { type: 'number' } } },
}
const read = { name: 'Read', description: 'Reads it', input_schema: { type: 'object', properties: {} } }
const tools = [bash, read]
const hello: Answer = { text: 'Hello there' }
const schema = {
  type: 'object',
  properties: { colour: { type: 'string' } },
  required: ['colour'],
  additionalProperties: false,
}
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: IMAGE } }
const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } }
const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] })

/** Whether a request gets through; a package that can't take something refuses it with a 400 that says so. */
async function takes(trial: Trial, body: object, is: () => boolean): Promise<boolean> {
  trial.script(streamOf(trial.provider, hello))
  const seen = await trial.send({ body: ask(body) })
  if (seen.status === 200) return is()
  const { type, message } = seen.json<{ error: { type: string; message: string } }>().error
  if (seen.status !== 400 || type !== 'invalid_request_error' || !/can't take/.test(message))
    throw new Error(`${seen.status} ${seen.text()}`)
  return false
}

/** Whether it makes the request another one. */
async function changes(trial: Trial, body: object, plain: object = {}): Promise<boolean> {
  await trial.json(hello, plain)
  const before = trial.sent.text
  await trial.json(hello, { ...plain, ...body })
  return trial.sent.text !== before
}

async function streamed(trial: Trial, answer: Answer, body: object = {}): Promise<EventData[]> {
  trial.script(streamOf(trial.provider, answer))
  return eventsOf(await trial.send({ body: ask({ stream: true, ...body }) }))
}

function eventsOf(seen: Seen): EventData[] {
  return [...seen.text().matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!))
}

const typesOf = ({ content }: Message) => content.map(({ type }) => type)

/** The conversation goes on: the model's turn is sent back as the client got it. */
async function replayed(trial: Trial, answer: Answer): Promise<void> {
  const { content } = await trial.json(answer, { tools })
  const results = content.flatMap(({ type, id }) =>
    type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: id, content: 'done' }] : [],
  )
  const next = { role: 'user', content: [...results, { type: 'text', text: 'go on' }] }
  const messages = [{ role: 'user', content: 'hi' }, { role: 'assistant', content }, next]
  await trial.json(hello, { tools, messages })
}

export const CAPABILITIES: readonly Capability[] = [
  {
    title: 'text, as a stream and as JSON',
    async check(trial) {
      const events = await streamed(trial, hello)
      expectGrammar(events)
      const { content, stop_reason } = await trial.json(hello)
      return content[0]?.text === 'Hello there' && stop_reason === 'end_turn'
    },
  },
  {
    title: 'tools, several at a time',
    async check(trial) {
      const calls = [1, 2].map((n) => ({ id: `call_${n}`, name: 'Bash', input: { n, text: 'x'.repeat(20) } }))
      const answer = { text: 'Both.', tools: calls }
      expectGrammar(await streamed(trial, answer, { tools }))
      const { content, stop_reason } = await trial.json(answer, { tools })
      const found = content
        .filter(({ type }) => type === 'tool_use')
        .map(({ name, input }) => ({ name, input }))
      return (
        stop_reason === 'tool_use' &&
        JSON.stringify(found) === JSON.stringify(calls.map(({ name, input }) => ({ name, input })))
      )
    },
  },
  {
    title: 'results of tools, errors too',
    async check(trial) {
      const call = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { n: 7 } }
      const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'no such file', is_error: true }
      await trial.json(hello, {
        tools,
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: [call] },
          { role: 'user', content: [result] },
        ],
      })
      return trial.sent.text.includes('no such file') && trial.sent.text.includes('7')
    },
  },
  {
    title: 'tool choice',
    check: (trial) => changes(trial, { tool_choice: { type: 'tool', name: 'Read' } }, { tools }),
  },
  {
    title: 'one tool at a time (`disable_parallel_tool_use`)',
    async check(trial) {
      const choice = { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }
      return changes(trial, choice, { tools, tool_choice: { type: 'auto' } })
    },
  },
  {
    title: 'thinking, shown',
    async check(trial) {
      const message = await trial.json({ thinking: 'I wonder', ...hello }, { thinking: { type: 'adaptive' } })
      return typesOf(message)[0] === 'thinking' && message.content[0]!.thinking === 'I wonder'
    },
  },
  {
    title: 'thinking, sent back',
    async check(trial) {
      const call = { id: 'call_1', name: 'Bash', input: { n: 1 } }
      const said = { thinking: 'I wonder', text: 'So.', tools: [call] }
      const wanted = trial.provider.signs ? 'c2lnbmVk' : 'I wonder'
      await replayed(trial, { ...said, signature: 'c2lnbmVk' })
      return trial.sent.text.includes(wanted)
    },
  },
  {
    title: 'signatures of answers without thinking, sent back',
    async check(trial) {
      const call = { id: 'call_1', name: 'Bash', input: { n: 1 } }
      await replayed(trial, { signature: 'c2lnbmVk', tools: [call] })
      await replayed(trial, { signature: 'c2lnbmVk', text: 'So.' })
      return trial.sent.text.includes('c2lnbmVk')
    },
  },
  {
    title: 'effort (`output_config.effort`)',
    check: (trial) => changes(trial, { output_config: { effort: 'low' } }),
  },
  {
    title: 'budgets (`thinking.budget_tokens`)',
    async check(trial) {
      const budget = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } })
      return changes(trial, budget(30_000), budget(1024))
    },
  },
  {
    title: 'images',
    check: (trial) => takes(trial, user({ type: 'text', text: 'see' }, image), () => trial.sent.has(IMAGE)),
  },
  {
    title: 'images by URL',
    check(trial) {
      const block = { type: 'image', source: { type: 'url', url: URL_OF_IMAGE } }
      return takes(trial, user({ type: 'text', text: 'see' }, block), () => trial.sent.has(URL_OF_IMAGE))
    },
  },
  {
    title: 'PDFs',
    check: (trial) => takes(trial, user({ type: 'text', text: 'read' }, pdf), () => trial.sent.has(PDF)),
  },
  {
    title: 'images in the results of tools',
    check(trial) {
      const call = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} }
      const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: [image] }
      const messages = [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: [call] },
        { role: 'user', content: [result] },
      ]
      return takes(
        trial,
        { tools, messages },
        () => trial.sent.has(IMAGE) && !trial.sent.text.includes(`\\"${IMAGE}`),
      )
    },
  },
  {
    title: 'stop sequences',
    check: (trial) => changes(trial, { stop_sequences: ['END'] }),
  },
  {
    title: 'structured output (`output_config.format`)',
    async check(trial) {
      await trial.json(
        { text: '{"colour":"red"}' },
        { output_config: { format: { type: 'json_schema', schema } } },
      )
      return trial.sent.text.includes('colour')
    },
  },
  {
    title: 'tokens from the cache, counted',
    async check(trial) {
      const { usage } = await trial.json(hello)
      if (usage.output_tokens !== 20) throw new Error(`no token counts: ${JSON.stringify(usage)}`)
      return usage.cache_read_input_tokens === 40 && usage.input_tokens === 60
    },
  },
  {
    title: 'tokens of thinking, counted',
    async check(trial) {
      const { usage } = await trial.json(hello)
      return JSON.stringify(usage.output_tokens_details) === '{"thinking_tokens":5}'
    },
  },
  {
    title: 'web search, with citations',
    async check(trial) {
      const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 }
      const message = await trial.json({ ...hello, sources: ['https://a.example/'] }, { tools: [search] })
      return (
        typesOf(message).includes('web_search_tool_result') &&
        JSON.stringify(message).includes('https://a.example/')
      )
    },
  },
  {
    title: 'errors: status, words, `retry-after`',
    async check(trial) {
      trial.script(
        json(trial.provider.error('too fast', 'rate_limit_exceeded', 429), 429, {
          headers: { 'retry-after': '7' },
        }),
      )
      const seen = await trial.send({ body: ask() })
      const { error } = seen.json<{ error: { type: string; message: string } }>()
      return (
        seen.status === 429 &&
        seen.headers['retry-after'] === '7' &&
        error.type === 'rate_limit_error' &&
        error.message.includes('too fast')
      )
    },
  },
  {
    title: 'a prompt that is too long, in words that heal the session',
    async check(trial) {
      const said = 'Input is too long for requested model.'
      trial.script(json(trial.provider.error(said, 'context_length_exceeded', 400), 400))
      const seen = await trial.send({ body: ask({ stream: true }) })
      return seen.status === 400 && /"prompt is too long: \d+ tokens > \d+ maximum"/.test(seen.text())
    },
  },
  {
    title: 'a cut stream, told as one',
    async check(trial) {
      trial.script(streamOf(trial.provider, { ...hello, cut: true }))
      const seen = await trial.send({ body: ask({ stream: true }) })
      return !seen.text().includes('message_stop') && !seen.text().includes('"stop_reason":"')
    },
  },
  {
    title: 'Esc: the provider’s connection is closed within 50 ms',
    async check(trial) {
      trial.script(streamOf(trial.provider, { ...hello, cut: true, ending: stall() }))
      return closesAtOnce(trial, 50) // in the middle of the answer
    },
  },
]
