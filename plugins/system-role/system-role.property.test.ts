import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ContentBlock, Message, MessagesRequest } from '../../core/index.js'
import { jsonValue } from '../../test/support/json-value.js'
import { makeCall } from '../../testing.js'
import { foldSystem } from './fold.js'

const text = fc.record({ type: fc.constant('text'), text: fc.oneof(fc.string(), fc.constant('')) })
const marked = fc.record({
  type: fc.constant('text'),
  text: fc.string(),
  cache_control: fc.constantFrom({ type: 'ephemeral' }, null),
})
const block = fc.oneof(
  text,
  marked,
  fc.record({ type: fc.constantFrom('tool_result', 'image', 'new'), content: jsonValue() }),
)
const content = fc.oneof(
  { weight: 5, arbitrary: fc.string() },
  { weight: 5, arbitrary: fc.array(block, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, 7, {}) },
)
const message = fc
  .tuple(fc.constantFrom('user', 'user', 'assistant', 'system', 'system', 'other'), content)
  .map(([role, c]) => ({ role, content: c }) as Message)
const body = fc.record(
  {
    model: fc.constant('m'),
    messages: fc.array(message, { minLength: 1, maxLength: 10 }),
    system: fc.oneof(fc.string(), fc.array(text, { maxLength: 2 })),
    extra: jsonValue(),
  },
  { requiredKeys: ['model', 'messages'] },
) as unknown as fc.Arbitrary<MessagesRequest>

function folded(given: MessagesRequest, onlyFirst: boolean): MessagesRequest {
  const call = makeCall({}, { bytes: Buffer.from(JSON.stringify(given)) })
  const { edits } = foldSystem(call.tree, call.roles, onlyFirst)
  return JSON.parse(call.edit(edits).bytes.toString('utf8'))
}

/** The same on plain objects, a message at a time. */
function naive(given: MessagesRequest, onlyFirst: boolean): MessagesRequest {
  const messages = structuredClone(given.messages) as { role: string; content: unknown; own?: boolean }[]
  const system = blocks(given.system ?? [])
  let isHoisted = false
  while (messages.length > 1 && messages[0]!.role === 'system') {
    system.push(...said(messages.shift()!.content, ''))
    isHoisted = true
  }
  const lastOnly = messages.length === 1 && messages[0]!.role === 'system'
  const out: { role: string; content: unknown }[] = []
  const hosts = (m: { role: string; content: unknown } | undefined) =>
    m?.role === 'user' && (typeof m.content === 'string' || Array.isArray(m.content))
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!
    if (message.role !== 'system' || (onlyFirst && !lastOnly)) {
      out.push(message)
      continue
    }
    const added: ContentBlock[] = []
    const before = i > 0 ? messages[i - 1] : undefined
    for (; messages[i]?.role === 'system'; i++) added.push(...said(messages[i]!.content, '\n'))
    const after = messages[i]
    i--
    if (added.length === 0 && !hosts(before) && !hosts(after)) continue
    if (hosts(before)) out.at(-1)!.content = [...blocks(out.at(-1)!.content), ...added]
    else if (hosts(after)) {
      const own = blocks(after!.content)
      const at = own.findIndex((b) => b.type !== 'tool_result')
      own.splice(at < 0 ? own.length : at, 0, ...added)
      after!.content = own
    } else out.push({ role: 'user', content: added })
  }
  return { ...given, messages: out as Message[], ...(isHoisted && system.length > 0 && { system }) }
}

function blocks(given: unknown): ContentBlock[] {
  if (typeof given === 'string') return given === '' ? [] : [{ type: 'text', text: given }]
  return [...(given as ContentBlock[])]
}

function said(given: unknown, line: string): ContentBlock[] {
  const out: ContentBlock[] = []
  let run: ContentBlock[] = []
  const close = () => {
    const texts = run.map((b) => b.text as string).filter((t) => t !== '')
    const mark = run.filter((b) => 'cache_control' in b).at(-1)
    const whole = texts.join('\n\n')
    const wrapped = line ? `<system-reminder>${line}${whole}${line}</system-reminder>` : whole
    if (texts.length > 0)
      out.push({ type: 'text', text: wrapped, ...(mark && { cache_control: mark.cache_control }) })
    run = []
  }
  for (const b of typeof given === 'string' || Array.isArray(given) ? blocks(given) : []) {
    if (b.type === 'text') run.push(b)
    else {
      close()
      out.push(b)
    }
  }
  close()
  return out
}

/** A user's string becomes a list only where something joins it, which is the same content. */
const normal = (given: MessagesRequest) => ({
  ...given,
  system: given.system === undefined ? undefined : blocks(given.system),
  messages: given.messages.map((m) =>
    m.role === 'user' && typeof m.content === 'string' ? { ...m, content: blocks(m.content) } : m,
  ),
})

it('says the same as a naive implementation', () => {
  fc.assert(
    fc.property(body, fc.boolean(), (given, onlyFirst) => {
      expect(normal(folded(given, onlyFirst))).toEqual(normal(naive(given, onlyFirst)))
    }),
    { numRuns: 500 },
  )
})

it('leaves nothing to do for a second pass', () => {
  fc.assert(
    fc.property(body, (given) => {
      const once = folded(given, false)
      expect(once.messages.some(({ role }) => role === 'system')).toBe(false)
      const onceFirst = folded(given, true)
      expect(onceFirst.messages[0]?.role).not.toBe('system')
    }),
  )
})

it('keeps the bytes before the first entry that is not at the beginning', () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 6 }),
      fc.string({ minLength: 1 }),
      (list, words) => {
        const start = list.filter(({ role }) => role !== 'system')
        if (start.length === 0) return
        const last = { role: 'assistant', content: 'x' }
        const bytes = (messages: object[]) => {
          const call = makeCall({ messages: messages as never })
          return call.edit(foldSystem(call.tree, call.roles, false).edits).bytes.toString('utf8')
        }
        const before = bytes([...start, last])
        const after = bytes([...start, last, { role: 'system', content: words }])
        expect(after.startsWith(before.slice(0, -2))).toBe(true)
      },
    ),
  )
})
