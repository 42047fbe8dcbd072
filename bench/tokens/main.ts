/**
 * How far token estimates are off, before and after they have learned from ten turns of a session. No provider is asked: other
 * tokenizers stand for models whose tables nobody publishes, with framing and a hidden prompt of their own.
 */
import { Tokenizer } from 'ai-tokenizer'
import * as cl100k from 'ai-tokenizer/encoding/cl100k_base'
import * as claude from 'ai-tokenizer/encoding/claude'
import * as o200k from 'ai-tokenizer/encoding/o200k_base'
import * as p50k from 'ai-tokenizer/encoding/p50k_base'
import type { MessagesRequest } from '../../core/contract/messages.js'
import { MemoryStore } from '../../core/state/memory.js'
import { createEstimate } from '../../core/token-count/service.js'
import { texts as textsOf, tools as toolsOf } from './texts.js'

const TURNS = 10
/** Characters that a turn adds. */
const TURN = 4_000
const IMAGE = 1_568

interface Model {
  readonly name: string
  count(text: string): number
  readonly hidden: number
  readonly message: number
}

type Encoding = ConstructorParameters<typeof Tokenizer>[0]

const model = (name: string, encoding: Encoding, factor: number, hidden: number, message: number): Model => {
  const tokenizer = new Tokenizer(encoding)
  return { name, hidden, message, count: (text) => tokenizer.encode(text, 'all').length * factor }
}
const MODELS = [
  model('glm-like', o200k, 1, 30, 4),
  model('kimi-like', cl100k, 1, 12, 3),
  model('other', p50k, 1, 0, 2),
  model('claude-sonnet-5', claude, 1.32, 320, 3),
]

const { signal } = new AbortController()
const imageData = Buffer.concat([pngHead(1_400, 1_120), Buffer.alloc(3_000)]).toString('base64')
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: imageData } }

function pngHead(width: number, height: number): Buffer {
  const head = Buffer.alloc(24)
  head.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')
  head.writeUInt32BE(width, 16)
  head.writeUInt32BE(height, 20)
  return head
}

/** What the model itself would say of a request. */
function real({ count, hidden, message }: Model, body: MessagesRequest): number {
  let tokens = hidden
  for (const tool of body.tools ?? []) tokens += count(JSON.stringify(tool)) + 8
  tokens += count(typeof body.system === 'string' ? body.system : '')
  for (const { content } of body.messages) {
    tokens += message
    if (typeof content === 'string') tokens += count(content)
    else for (const block of content) tokens += block.type === 'image' ? IMAGE : count(String(block.text))
  }
  return Math.round(tokens)
}

/** Turn by turn: what the user asks and what comes back, of the texts in turn. */
function* session(
  name: string,
  parts: readonly string[],
  extras: Partial<MessagesRequest>,
): Generator<MessagesRequest> {
  const messages: { role: string; content: string | object[] }[] = []
  for (let turn = 0; turn <= TURNS; turn++) {
    const text = parts[turn % parts.length]!
    const from = Math.floor(turn / parts.length) * TURN
    const added = text.slice(from, from + TURN)
    messages.push({
      role: 'user',
      content: name === 'images' ? [{ type: 'text', text: added }, image] : added,
    })
    yield { model: 'm', ...extras, messages: [...messages] } as MessagesRequest
    messages.push({ role: 'assistant', content: text.slice(from + TURN, from + TURN + 400) })
  }
}

async function errors(
  which: Model,
  turns: Iterable<MessagesRequest>,
): Promise<{ before: number; after: number }> {
  const estimate = createEstimate(new MemoryStore())
  let before = 0
  let after = 0
  let turn = 0
  for (const given of turns) {
    const body = { ...given, model: which.name }
    const truth = real(which, body)
    after = (await estimate({ body, signal })) / truth - 1
    if (turn++ === 0) before = after
    await estimate.learn!({ body, signal }, which.name, truth)
  }
  return { before, after }
}

const kinds = textsOf()
const prose = kinds['English prose']!
const system = prose.slice(0, 12_000)
const sessions: [string, readonly string[], Partial<MessagesRequest>][] = [
  ...Object.entries(kinds).map(([name, text]): [string, string[], object] => [name, [text], {}]),
  ['Claude Code: tools, then code', [kinds.TypeScript!, kinds.JSON!], { system, tools: toolsOf(prose) }],
  ['Claude Code: all kinds in turn', Object.values(kinds), { system, tools: toolsOf(prose) }],
  ['images', [kinds.TypeScript!], { system }],
]

const percent = (value: number) => `${(value * 100).toFixed(1)} %`.padStart(8)
console.log(
  `${'turn 1 → turn 11, after ten answers'.padEnd(40)}${MODELS.map(({ name }) => name.padStart(22)).join('')}`,
)
let worst = 0
for (const [name, parts, extras] of sessions) {
  const cells: string[] = []
  for (const which of MODELS) {
    const { before, after } = await errors(which, session(name, parts, extras))
    worst = Math.max(worst, Math.abs(after))
    cells.push(`${percent(before)} → ${percent(after)}`.padStart(22))
  }
  console.log(name.padEnd(40) + cells.join(''))
}
console.log(`largest error after ten turns: ${percent(worst).trim()} (goal: 3 %)`)
if (worst > 0.03) process.exitCode = 1
