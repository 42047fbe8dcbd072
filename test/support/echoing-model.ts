import fc from 'fast-check'
import type { AssistantPart, ProviderOptions, StreamPart } from '../../plugins/ai-sdk/language-model.js'
import { jsonValue } from './json-value.js'

/** One part of an assistant's turn, and how a model streams it. */
export interface Said {
  readonly part: AssistantPart
  /** Cut points of its words. */
  readonly cuts: readonly number[]
  /** Where the provider's metadata comes: with the start, a delta or the end. */
  readonly signedAt: 'start' | 'delta' | 'end'
  /** The end comes only after this many of the parts behind it. */
  readonly late: number
}

/**
 * The parts as a provider package streams them: ids, pieces cut anywhere, ends that come late, tool inputs interleaved.
 * `pick` chooses which of the running tool inputs goes on; without it each is whole before the next begins.
 */
export function streamed(turn: readonly Said[], pick?: () => number): StreamPart[] {
  const out: StreamPart[] = []
  const ends: { after: number; parts: StreamPart[] }[] = []
  let tools: StreamPart[][] = []
  const flushTools = () => {
    for (tools = tools.filter((rest) => rest.length > 0); tools.length > 0; ) {
      out.push(tools[pick!() % tools.length]!.shift()!)
      tools = tools.filter((rest) => rest.length > 0)
    }
  }
  turn.forEach((said, i) => {
    const { start, middle, end } = cut(said, String(i))
    if (said.part.type === 'tool-call') {
      out.push(start)
      if (pick) tools.push([...middle, ...end])
      else out.push(...middle, ...end)
    } else {
      flushTools()
      out.push(start, ...middle)
      // Text and thinking end late only behind tools, as the packages do it.
      const behind = turn.slice(i + 1, i + 1 + said.late).findIndex(({ part }) => part.type !== 'tool-call')
      ends.push({ after: i + (behind < 0 ? Math.min(said.late, turn.length - 1 - i) : behind), parts: end })
    }
    for (const { parts } of ends.filter(({ after }) => after <= i)) out.push(...parts.splice(0))
  })
  flushTools()
  for (const { parts } of ends) out.push(...parts)
  return out
}

function cut({ part, cuts, signedAt }: Said, id: string) {
  const kind = part.type === 'tool-call' ? 'tool-input' : part.type
  const words = part.type === 'tool-call' ? JSON.stringify(part.input) : part.text
  const pieces = split(words, cuts)
  const signed = (at: Said['signedAt']) =>
    at === signedAt && part.providerOptions ? { providerMetadata: part.providerOptions } : {}
  const name = part.type === 'tool-call' ? { id: part.toolCallId, toolName: part.toolName } : { id }
  const start = { type: `${kind}-start`, ...name, ...signed('start') } as StreamPart
  const middle = pieces.map((delta, i) => {
    const last = i === pieces.length - 1
    return {
      type: `${kind}-delta`,
      id: name.id,
      delta,
      ...(last && part.type !== 'tool-call' ? signed('delta') : {}),
    } as StreamPart
  })
  const end: StreamPart[] = [{ type: `${kind}-end`, id: name.id, ...signed('end') } as StreamPart]
  if (part.type === 'tool-call') {
    const { toolCallId, toolName, providerOptions } = part
    const metadata = providerOptions ? { providerMetadata: providerOptions } : {}
    end.push({ type: 'tool-call', toolCallId, toolName, input: words, ...metadata })
  }
  return { start, middle, end }
}

function split(text: string, cuts: readonly number[]): string[] {
  const pieces: string[] = []
  let at = 0
  for (const size of cuts) {
    if (at >= text.length) break
    pieces.push(text.slice(at, at + size)) // sometimes empty: models send such deltas
    at += size
  }
  pieces.push(text.slice(at))
  return pieces
}

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
const metadata: fc.Arbitrary<ProviderOptions> = fc.dictionary(
  fc.constantFrom('acme', 'google'),
  fc.record({ signature: words }, { requiredKeys: ['signature'] }),
  { minKeys: 1, maxKeys: 2, noNullPrototype: true },
)
const signed = { providerOptions: fc.option(metadata, { nil: undefined, freq: 1 }) }

export const parts: fc.Arbitrary<AssistantPart> = fc
  .oneof(
    fc.record({ type: fc.constant('text' as const), text: words, ...signed }),
    fc.record({ type: fc.constant('reasoning' as const), text: words, ...signed }),
    fc.record({ type: fc.constant('reasoning' as const), text: fc.constant(''), providerOptions: metadata }),
    fc.record({
      type: fc.constant('tool-call' as const),
      toolCallId: fc.string({ unit: fc.constantFrom(...'abc'), minLength: 1, maxLength: 3 }),
      toolName: fc.constantFrom('Bash', 'Read'),
      input: fc.dictionary(words, jsonValue({ maxDepth: 2 }), { maxKeys: 3, noNullPrototype: true }),
      ...signed,
    }),
  )
  .map(({ providerOptions, ...part }) => ({ ...part, ...(providerOptions && { providerOptions }) }))

export const turns: fc.Arbitrary<Said[]> = fc.array(
  fc
    .record({
      part: parts,
      cuts: fc.array(fc.nat({ max: 6 }), { maxLength: 8 }),
      signedAt: fc.constantFrom('start' as const, 'delta' as const, 'end' as const),
      late: fc.nat({ max: 3 }),
    })
    // Thinking without words ends before anything else begins: its place would be unknown otherwise.
    .map((said) => (said.part.type === 'reasoning' && said.part.text === '' ? { ...said, late: 0 } : said)),
  { minLength: 1, maxLength: 6 },
)
