import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ContentBlock, EventData, Message } from '../../core/index.js'
import { type Said, streamed, turns } from '../../test/support/echoing-model.js'
import { expectGrammar } from '../../test/support/event-grammar.js'
import { MessageEvents } from './events.js'
import { MessageFold } from './fold.js'
import type { AssistantPart, StreamPart } from './language-model.js'
import { promptOf } from './prompt.js'

const provider = 'acme.chat'
const model = { provider, specificationVersion: 'v3' }
const END: StreamPart = {
  type: 'finish',
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  },
}

function answer(parts: readonly StreamPart[], toolIds: ReadonlySet<string>) {
  const mapped = new MessageEvents({
    provider,
    model: 'm',
    toolIds,
    searches: false,
    hidesThinking: false,
    folds: false,
    requestId: 'req_1',
    reported: () => undefined,
  })
  const events = [...parts, END].flatMap((part): readonly EventData[] => mapped.push(part))
  mapped.end()
  expectGrammar(events)
  const fold = new MessageFold()
  // Over the wire: what a test holds in memory would hide what JSON does to it.
  for (const event of events) fold.push(JSON.parse(JSON.stringify(event)))
  return fold.result()
}

/** A conversation in which the model says each of these turns, and its tools answer. */
function converse(turns: readonly Said[][], pick?: () => number) {
  const messages: Message[] = [{ role: 'user', content: 'go' }]
  const toolIds = new Set<string>()
  for (const turn of turns) {
    const { content, stop_reason } = answer(streamed(turn, pick), toolIds)
    const calls = content.filter((block) => block.type === 'tool_use')
    expect(stop_reason).toBe(calls.length > 0 ? 'tool_use' : 'end_turn')
    for (const { id } of calls) toolIds.add(String(id))
    const results = calls.map(
      ({ id }): ContentBlock => ({
        type: 'tool_result',
        tool_use_id: id,
        content: `of ${String(id)}`,
      }),
    )
    const user: ContentBlock[] = [...results, { type: 'text', text: 'go on' }]
    messages.push({ role: 'assistant', content }, { role: 'user', content: user })
  }
  return { messages, toolIds, prompt: promptOf({ messages }, model) }
}

const chance = fc.infiniteStream(fc.nat({ max: 7 }))
const nextOf = (stream: Iterator<number>) => () => stream.next().value as number

/** As JSON has it, and ids aside, which a provider may repeat. */
const withoutId = (part: AssistantPart) => JSON.parse(JSON.stringify({ ...part, toolCallId: undefined }))

it('gives a provider back what it said, in order, with every signature on its own part', () => {
  fc.assert(
    fc.property(fc.array(turns, { minLength: 1, maxLength: 3 }), chance, (said, stream) => {
      const { prompt } = converse(said.map(withUniqueIds), nextOf(stream))
      const replayed = prompt.filter((message) => message.role === 'assistant')
      expect(replayed.map(({ content }) => content.map((part) => withoutId(part as AssistantPart)))).toEqual(
        said.map((turn) => turn.map(({ part }) => withoutId(part))),
      )
    }),
    { numRuns: 300 },
  )
})

it('has unique ids of tool calls and their results behind them, whatever ids the provider gives', () => {
  fc.assert(
    fc.property(fc.array(turns, { minLength: 1, maxLength: 3 }), (said) => {
      // One tool at a time: inputs that interleave under one id could not be told apart by anyone.
      const { messages, toolIds, prompt } = converse(said)
      const ids = messages.flatMap(
        ({ content }) =>
          (content as ContentBlock[]).flatMap?.((block) => (block.type === 'tool_use' ? [block.id] : [])) ??
          [],
      )
      const calls = said.flat().filter(({ part }) => part.type === 'tool-call')
      expect(new Set(ids).size).toBe(calls.length)
      expect(toolIds.size).toBe(calls.length)
      const results = prompt.flatMap((m) =>
        m.role === 'tool' ? m.content.map((part) => part.toolCallId) : [],
      )
      expect(results).toEqual(ids)
    }),
    { numRuns: 200 },
  )
})

const marked = fc.constantFrom<ContentBlock>(
  { type: 'text', text: 'MARK' },
  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'MARK' } },
  { type: 'image', source: { type: 'url', url: 'https://x.example/MARK' } },
  { type: 'document', title: 't', source: { type: 'base64', media_type: 'application/pdf', data: 'MARK' } },
  { type: 'document', source: { type: 'text', data: 'MARK' } },
)
const userTurns = fc.record({
  /** What each tool of the turn before answers. */
  results: fc.array(fc.array(marked, { maxLength: 3 }), { maxLength: 3 }),
  blocks: fc.array(marked, { minLength: 1, maxLength: 3 }),
})

it('brings all that users and tools say to the provider, once and in order, and pictures out of results', () => {
  fc.assert(
    fc.property(fc.array(userTurns, { minLength: 1, maxLength: 4 }), (said) => {
      let marks = 0
      const mark = (block: ContentBlock): ContentBlock =>
        JSON.parse(JSON.stringify(block).replace('MARK', `m${marks++}m`))
      const messages: Message[] = []
      const expected: string[] = []
      said.forEach(({ results, blocks }, turn) => {
        const ids = results.map((_, i) => `t${turn}_${i}`)
        messages.push({ role: 'user', content: 'go' })
        messages.push({
          role: 'assistant',
          content: ids.map((id) => ({ type: 'tool_use', id, name: 'Read', input: {} })),
        })
        const answers = results.map((content, i) => ({
          type: 'tool_result',
          tool_use_id: ids[i],
          content: content.map(mark),
        }))
        const rest = blocks.map(mark)
        messages.push({ role: 'user', content: [...answers, ...rest] })
        const inResults = answers.flatMap(({ content }) => content)
        expected.push(...marksOf(inResults.filter(({ type }) => type === 'text')))
        expected.push(...marksOf(inResults.filter(({ type }) => type !== 'text')), ...marksOf(rest))
      })
      const prompt = promptOf({ messages }, model)
      expect(marksOf(prompt)).toEqual(expected)
      expect(JSON.stringify(prompt.filter(({ role }) => role === 'tool'))).not.toContain('image')
    }),
    { numRuns: 200 },
  )
})

const marksOf = (value: unknown) => JSON.stringify(value).match(/m\d+m/g) ?? []

/** Within one turn, as every provider has them. */
function withUniqueIds(turn: readonly Said[]): Said[] {
  return turn.map((said, i) =>
    said.part.type === 'tool-call'
      ? { ...said, part: { ...said.part, toolCallId: `${said.part.toolCallId}${i}` } }
      : said,
  )
}
