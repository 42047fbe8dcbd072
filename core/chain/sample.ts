import type { Call as CallType, RouteName } from '../contract/call.js'
import type { EventData } from '../contract/http.js'
import { PluginError } from '../errors/gateway-errors.js'
import { Call } from '../exchange/call.js'
import { decodedShare } from '../exchange/inner.js'
import type { ExchangeRecord } from '../exchange/record.js'
import { Reply } from '../exchange/reply.js'
import { ACCEPTS } from '../upstream/accepts.js'
import { upstreamOf } from '../upstream/registry.js'
import { compose } from './compose.js'
import { FREEZING, frozenCall } from './freezing.js'
import type { Link } from './link.js'
import { TimeLimitError, withTimeLimit } from './time-limit.js'

/** From this share on a body counts as decoded whole. */
const WHOLE = 0.8
/** Milliseconds that a plugin has for each sample. */
const PATIENCE = 1_000

export interface Tried {
  /**
   * Plugins that have each request's whole body decoded: for 300 kB that blocks every other stream for 4 ms.
   */
  readonly decoders: readonly string[]
  /** Plugins that threw or did not end, in which hook and what. An error that a plugin means for the client is none of these. */
  readonly failures: readonly Failure[]
}

interface Failure {
  readonly plugin: string
  readonly hook: string
  readonly message: string
}

/**
 * Hands each plugin a small conversation of its own on each route that goes to an upstream, for a stream and for JSON; what it
 * makes of it goes nowhere. A plugin of the phase `attempt` sees a target, as in a chain.
 */
export async function trySamples(links: readonly Link[]): Promise<Tried> {
  const decoders: string[] = []
  const failures = new Map<string, Failure>()
  for (const link of links) {
    for (const sample of SAMPLES) {
      if (link.routes !== 'all' && !link.routes.includes(sample.route)) continue
      const target = link.phase === 'attempt' ? TARGET : undefined
      const { route, path, bytes } = sample
      const call = frozenCall(Call.of({ id: 'req_sample', route, path, bytes, ...(target && { target }) }))
      for (const failure of await tried(link, call, sample.answer)) {
        failures.set(failure.plugin + failure.hook, failure)
      }
      if (decodedShare(call) >= WHOLE && !decoders.includes(link.name)) decoders.push(link.name)
    }
  }
  return { decoders, failures: [...failures.values()] }
}

/** What the chain of one plugin threw, from its headers to what follows the last byte of its answer. */
async function tried(link: Link, call: CallType, answer: () => Reply): Promise<Failure[]> {
  const failures: Failure[] = []
  const failed = (error: unknown) => {
    if (!PluginError.is(error)) return // meant for the client
    const { plugin, hook, cause } = error
    failures.push({ plugin, hook, message: cause instanceof Error ? cause.message : String(cause) })
  }
  const { plugin, name } = link
  let hook = 'onHeaders'
  const chain = compose(
    [link, FREEZING],
    async (inner) => {
      void inner.bytes // a body made of decoded parts is put together when it leaves
      hook = plugin.onReply ? 'onReply' : 'handle'
      return answer()
    },
    failed,
  )
  const walk = async () => {
    const early = await chain.head(call)
    hook = plugin.onRequest ? 'onRequest' : 'handle'
    const reply = early ?? (await chain.run(call))
    hook = 'onEvent'
    await reply.bytes()
  }
  const finish = () => {
    hook = 'onFinish'
    return chain.finish((call.record as ExchangeRecord).finish(200, 'complete'), call, failed)
  }
  for (const step of [walk, finish]) {
    try {
      await withTimeLimit(step(), PATIENCE, 'the hook')
    } catch (error) {
      if (error instanceof TimeLimitError) failures.push({ plugin: name, hook, message: error.message })
      else failed(error)
    }
  }
  return failures
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
const body = (fields: object) =>
  Buffer.from(
    JSON.stringify({
      model: 'claude-sonnet-4-5',
      ...fields,
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

interface Sample {
  readonly route: RouteName
  readonly path: string
  readonly bytes: Buffer
  readonly answer: () => Reply
}

const message = (stream: boolean, answer: () => Reply): Sample => ({
  route: 'messages',
  path: '/v1/messages',
  bytes: body({ max_tokens: 1024, stream }),
  answer,
})

const SAMPLES: readonly Sample[] = [
  message(false, () => Reply.json(ANSWER)),
  message(true, () => Reply.events(EVENTS)),
  {
    route: 'count-tokens',
    path: '/v1/messages/count_tokens',
    bytes: body({}),
    answer: () => Reply.json({ input_tokens: 1 }),
  },
]
