import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../core/index.js'
import { jsonValue } from '../../test/support/json-value.js'
import { makeCall } from '../../testing.js'
import { repairPairs } from './repair.js'

const ALL = { pairs: true, content: true, idCharacters: undefined }

/** The messages as the upstream gets them; the very same list when there is nothing to repair. */
function repaired(messages: readonly Message[]): readonly Message[] {
  const call = makeCall({ messages })
  const { edits, changes } = repairPairs(call.tree.get('messages')!, call.roles, ALL)
  expect(changes.length > 0).toBe(edits.length > 0)
  return edits.length === 0 ? messages : JSON.parse(call.edit(edits).bytes.toString('utf8')).messages
}

type Block = Record<string, unknown> & { type: string }
type Said = { role: string; content: Block[] }
type Open = { old: string; id: string; done: boolean }

/** The same by decoded objects, in the plainest way: every list of a turn that is not in order is made anew. */
function naive(messages: readonly Message[]): readonly Message[] {
  const out = structuredClone(messages) as unknown as Said[]
  const taken = new Set<string>()
  let open: Open[] = []
  for (const turn of turns(out.filter(({ role }) => role !== 'system'))) {
    const last = turn.at(-1)!
    if (last.role === 'assistant') {
      open = turn
        .flatMap((m) => m.content)
        .flatMap((block) => (block.type === 'tool_use' ? [named(block, taken)] : []))
      const after = out.slice(out.indexOf(last) + 1).find(({ role }) => role !== 'system')
      if (after || open.length === 0) continue
      out.splice(out.indexOf(last) + 1, 0, {
        role: 'user',
        content: open.map(missing).sort(byFirstUse(open)),
      })
    } else {
      answer(turn, open, out)
      open = []
    }
  }
  return out as unknown as Message[]
}

function turns(said: readonly Said[]): Said[][] {
  const all: Said[][] = []
  for (const message of said) {
    if (all.at(-1)?.[0]?.role === message.role) all.at(-1)!.push(message)
    else all.push([message])
  }
  return all
}

function named(block: Block, taken: Set<string>): Open {
  const old = block.id as string
  let id = old
  for (let n = 2; taken.has(id); n++) id = `${old}_${n}`
  taken.add(id)
  block.id = id
  return { old, id, done: false }
}

function answer(turn: readonly Said[], open: readonly Open[], out: Said[]): void {
  const results = new Set<Block>()
  for (const block of turn.flatMap((m) => m.content)) {
    if (block.type !== 'tool_result') continue
    const call = open.find(({ old, done }) => old === block.tool_use_id && !done)
    if (!call) continue
    call.done = true
    block.tool_use_id = call.id
    if (isEmpty(block.content)) block.content = '(no output)'
    results.add(block)
  }
  const unanswered = open.filter(({ done }) => !done)
  const order = turn
    .flatMap((m) => m.content)
    .map((block) => (results.has(block) ? 'r' : block.type === 'tool_result' ? 'o' : 'x'))
  if (unanswered.length === 0 && /^r*x*$/.test(order.join(''))) return
  const lead = [...results, ...unanswered.map(missing).sort(byFirstUse(open))]
  turn.forEach((message, i) => {
    const had = message.content.length
    const rest = message.content
      .filter((block) => !results.has(block))
      .flatMap((block) => (block.type === 'tool_result' ? orphan(block) : [block]))
    message.content = i === 0 ? [...lead, ...rest] : rest
    if (message.content.length === 0 && had > 0) out.splice(out.indexOf(message), 1)
  })
}

const isEmpty = (content: unknown) =>
  content === undefined || content === null || (content as { length: number }).length === 0

const missing = ({ id }: Open): Block => ({
  type: 'tool_result',
  tool_use_id: id,
  content: 'There is no result: the call was interrupted.',
  is_error: true,
})

/** Calls that had one id are answered one behind the other. */
const byFirstUse = (open: readonly Open[]) => (a: Block, b: Block) => {
  const first = (block: Block) => {
    const { old } = open.find(({ id }) => id === block.tool_use_id)!
    return open.findIndex((call) => call.old === old)
  }
  return first(a) - first(b)
}

const orphan = ({ content }: Block): Block[] => [
  { type: 'text', text: 'The result of a tool call that is no longer part of this conversation:' },
  ...(isEmpty(content)
    ? []
    : typeof content === 'string'
      ? [{ type: 'text', text: content }]
      : (content as Block[]).filter(({ type }) => type !== 'tool_reference')),
]

const id = fc.constantFrom('a', 'b', 'c', 'a_2')
const text = fc.record({ type: fc.constant('text'), text: fc.string() })
const use = fc.record({ type: fc.constant('tool_use'), id, name: fc.constant('Bash'), input: jsonValue() })
const result = fc.record(
  {
    type: fc.constant('tool_result'),
    tool_use_id: id,
    content: fc.oneof(
      fc.string(),
      fc.constant(null),
      fc.array(fc.oneof(text, fc.constant({ type: 'tool_reference', tool_name: 'x' })), { maxLength: 2 }),
    ),
  },
  { requiredKeys: ['type', 'tool_use_id'] },
)
const message = fc.oneof(
  fc.record({ role: fc.constant('user'), content: fc.array(fc.oneof(result, text), { maxLength: 4 }) }),
  fc.record({ role: fc.constant('assistant'), content: fc.array(fc.oneof(use, text), { maxLength: 4 }) }),
  fc.constant({ role: 'system', content: 'Be brief.' }),
)
const messages = fc
  .array(message, { maxLength: 9 })
  .map((list) => JSON.parse(JSON.stringify(list)) as Message[]) // no -0, which JSON has not

describe('repairPairs', () => {
  it('does what the plainest implementation does', () => {
    fc.assert(
      fc.property(messages, (given) => {
        expect(repaired(given)).toEqual(naive(given))
      }),
      { numRuns: 1000 },
    )
  })

  it('does nothing the second time', () => {
    fc.assert(
      fc.property(messages, (given) => {
        const once = repaired(given)
        expect(repaired(once)).toBe(once)
      }),
    )
  })

  it('keeps what it made of a conversation when that goes on', () => {
    fc.assert(
      fc.property(messages, fc.array(use, { minLength: 1 }), (given, calls) => {
        const before = repaired([...given, { role: 'user', content: 'go on' }])
        const after = repaired([
          ...given,
          { role: 'user', content: 'go on' },
          { role: 'assistant', content: calls as never },
        ])
        expect(after.slice(0, before.length)).toEqual(before)
      }),
    )
  })
})
