import { Call } from '../exchange/call.js'
import { Reply } from '../exchange/reply.js'
import type { Link } from './compose.js'

/** Who has so much of a body decoded has it decoded whole. */
const WHOLE = 0.8
/** Milliseconds that a plugin has for the sample. */
const PATIENCE = 1_000

/**
 * The names of those plugins that have each request's whole body decoded: for 300 kB that is 4 ms in which every other stream
 * stands still. Found out by handing each of them a small conversation; what they make of it goes nowhere.
 */
export async function wholeBodyDecoders(links: readonly Link[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const link of links) {
    const call = Call.of({ id: 'req_sample', bytes: SAMPLE })
    const sees = link.routes === 'all' || link.routes.includes(call.route)
    if (sees) await Promise.race([handled(link, call), expiry()])
    if (call.decodedShare >= WHOLE) found.push(link.name)
  }
  return found
}

/** What a plugin throws here is for its own tests to find. */
async function handled({ plugin }: Link, call: Call): Promise<void> {
  try {
    const out = await plugin.onRequest?.(call)
    if (out && 'bytes' in out) void out.bytes // a body made of decoded parts is put together when it leaves
    await plugin.handle?.(call, async (inner) => {
      void inner.bytes
      return Reply.json(ANSWER)
    })
  } catch {
    // it may want a target, an account, or a request of another kind
  }
}

function expiry(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())
}

const words = (count: number) => 'word '.repeat(count)
const turn = (i: number) => [
  {
    role: 'assistant',
    content: [{ type: 'tool_use', id: `toolu_${i}`, name: 'Read', input: { file_path: words(40) } }],
  },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${i}`, content: words(400) }] },
]

/** The messages are nearly all of it, and the last of them is little: who looks at that one alone is not meant. */
const SAMPLE = Buffer.from(
  JSON.stringify({
    model: 'claude-sonnet-4-5',
    max_tokens: 1024,
    stream: false,
    system: [{ type: 'text', text: words(20) }],
    messages: [
      { role: 'user', content: words(20) },
      ...Array.from({ length: 8 }, (_, i) => turn(i)).flat(),
      { role: 'user', content: words(20) },
    ],
  }),
)

const ANSWER = {
  id: 'msg_sample',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
}
