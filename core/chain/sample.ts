import type { EventData } from '../contract/http.js'
import { PluginError } from '../errors/gateway-errors.js'
import { Call } from '../exchange/call.js'
import { decodedShare } from '../exchange/inner.js'
import { Reply } from '../exchange/reply.js'
import { ACCEPTS } from '../upstream/accepts.js'
import { upstreamOf } from '../upstream/registry.js'
import { compose, type Link } from './compose.js'

/** From this share on a body counts as decoded whole. */
const WHOLE = 0.8
/** Milliseconds that a plugin has for each sample. */
const PATIENCE = 1_000

export interface Tried {
  /**
   * Plugins that have each request's whole body decoded: for 300 kB that blocks every other stream for 4 ms.
   */
  readonly decoders: readonly string[]
  /** Plugins that threw, in which hook and what. An error that a plugin means for the client is none of these. */
  readonly failures: readonly { readonly plugin: string; readonly hook: string; readonly message: string }[]
}

/** Hands each plugin a small conversation of its own, once for a stream and once for JSON; what it makes of it goes nowhere. */
export async function trySamples(links: readonly Link[]): Promise<Tried> {
  const decoders: string[] = []
  const failures = new Map<string, Tried['failures'][number]>()
  for (const link of links) {
    if (link.routes !== 'all' && !link.routes.includes('messages')) continue
    for (const stream of [false, true]) {
      const call = Call.of({ id: 'req_sample', bytes: SAMPLES[stream ? 1 : 0], target: TARGET })
      const error = await Promise.race([tried(link, call, stream), expiry()])
      if (decodedShare(call) >= WHOLE && !decoders.includes(link.name)) decoders.push(link.name)
      if (!PluginError.is(error)) continue
      const { plugin, hook, cause } = error
      const message = cause instanceof Error ? cause.message : String(cause)
      failures.set(plugin + hook, { plugin, hook, message })
    }
  }
  return { decoders, failures: [...failures.values()] }
}

/** What the chain of one plugin threw, from its headers to the last byte of its answer. */
async function tried(link: Link, call: Call, stream: boolean): Promise<unknown> {
  const failed: unknown[] = []
  const chain = compose([link], async (inner) => {
    void inner.bytes // a body made of decoded parts is put together when it leaves
    return stream ? Reply.events(EVENTS) : Reply.json(ANSWER)
  })
  try {
    const reply = (await chain.head(call)) ?? (await chain.run(call))
    await reply.bytes()
  } catch (error) {
    failed.push(error)
  }
  return failed[0]
}

function expiry(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE, undefined).unref())
}

const TARGET = {
  upstream: upstreamOf('sample', { send: () => Reply.json(ANSWER) }),
  account: { id: 'sample', upstream: 'sample' },
  accepts: ACCEPTS,
  attempt: 1,
}

const words = (count: number) => 'word '.repeat(count)
const turn = (i: number) => [
  {
    role: 'assistant',
    content: [{ type: 'tool_use', id: `toolu_${i}`, name: 'Read', input: { file_path: words(40) } }],
  },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${i}`, content: words(400) }] },
]

/** The messages are nearly all of it, and the last of them is little: reading that one alone is cheap. */
const SAMPLES = [false, true].map((stream) =>
  Buffer.from(
    JSON.stringify({
      model: 'claude-sonnet-4-5',
      max_tokens: 1024,
      stream,
      system: [{ type: 'text', text: words(20) }],
      messages: [
        { role: 'user', content: words(20) },
        ...Array.from({ length: 8 }, (_, i) => turn(i)).flat(),
        { role: 'user', content: words(20) },
      ],
    }),
  ),
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

const EVENTS: readonly EventData[] = [
  { type: 'message_start', message: { ...ANSWER, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ok' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 'toolu_sample', name: 'Read', input: {} },
  },
  {
    type: 'content_block_delta',
    index: 1,
    delta: { type: 'input_json_delta', partial_json: '{"file_path":"a"}' },
  },
  { type: 'content_block_stop', index: 1 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: 1 },
  },
  { type: 'message_stop' },
]
