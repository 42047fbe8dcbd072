import { inject } from 'tsyringe'
import { z } from 'zod'
import {
  type Call,
  type CallHead,
  ClientGoneError,
  definePlugin,
  type EstimateTokens,
  type FinishedRecord,
  GatewayError,
  type Logger,
  type Next,
  type Plugin,
  PluginError,
  Reply,
  type StateStore,
  slot,
  tokens,
  UpstreamError,
} from '../../core/index.js'
import { cancellationOf, endToEnd, FORWARDED_ROUTES, loggable, orCancelled } from '../../core/kit.js'
import { Floors, type Prompt, promptOf } from './floors.js'
import { Lessons, servedBy } from './lessons.js'

const options = z.strictObject({
  /** `auto`: the upstream's count, else an estimate; `zero`: always 0, at no cost. Default: `auto`. */
  mode: z.enum(['auto', 'zero']).default('auto'),
  /** Milliseconds that the upstream has for its count. Default: 5000. */
  timeout: z.number().int().min(1).default(5_000),
})

type CountTokensOptions = z.output<typeof options>

/** Says where the number comes from: `upstream`, `estimate` or `zero`. */
const SOURCE = 'x-token-count'

/** The body of a count is some twenty bytes. */
const REPLY_LIMIT = 64 * 1024

const OF_THE_BODY = new Set(['content-type', 'content-length', 'content-encoding'])

/** The request as its client sent it, for what its answer teaches: its size, and some whole for the estimate. */
const asked = slot((): { prompt: Prompt | undefined; call: Call | undefined } => ({
  prompt: undefined,
  call: undefined,
}))

class CountTokens implements Plugin {
  constructor(
    @inject(tokens.options) private readonly options: CountTokensOptions,
    @inject(tokens.logger) private readonly logger: Logger,
    @inject(tokens.estimate) private readonly estimate: EstimateTokens,
    @inject(tokens.state) state: StateStore,
  ) {
    this.#floors = new Floors(state)
    this.#lessons = new Lessons(estimate)
  }

  readonly #floors: Floors
  readonly #lessons: Lessons
  /** An upstream gave no count. Before, nothing is learned: the tokenizer takes 50 MB, and 25 ms for 400 kB. */
  #estimates = false

  handle(call: Call, next: Next): Promise<Reply> {
    if (call.route === 'count-tokens') return this.#count(call, next)
    if (this.options.mode === 'auto') {
      const own = asked(call)
      own.prompt = promptOf(call)
      if (this.#estimates && this.#lessons.keeps(call)) own.call = call
    }
    return next(call)
  }

  /** A finished answer says what its prompt really had. */
  onFinish(record: FinishedRecord, head: CallHead): Promise<void> | undefined {
    const request = asked(head)
    const { call, prompt } = request
    request.prompt = request.call = undefined // a record may be kept for long, what its request held not
    if (call) this.#lessons.letsGo(call)
    const served = prompt && servedBy(record)
    if (!served) return undefined
    this.#floors.set(prompt, served.tokens)
    return call && this.#lessons.learn(call, served.model, served.tokens)
  }

  async #count(call: Call, next: Next): Promise<Reply> {
    if (this.options.mode === 'zero') {
      return Reply.json({ input_tokens: 0, output_tokens: 0 }, { headers: { [SOURCE]: 'zero' } })
    }
    void call.body // a malformed one is the client's to mend: the 400 goes out
    const counted = await this.#ask(call, next)
    if (counted) return counted
    this.#estimates = true
    const input_tokens = Math.max(await this.estimate(call), this.#floors.of(promptOf(call)))
    return Reply.json({ input_tokens }, { headers: { [SOURCE]: 'estimate' } })
  }

  /** The upstream's count, or undefined when it gives none, whatever the reason: an estimate is of more use than an error. */
  async #ask(call: Call, next: Next): Promise<Reply | undefined> {
    const { timeout } = this.options
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), timeout)
    try {
      const answer = await countOf(call.with({ signal: stop.signal }), next)
      if (typeof answer !== 'string') return answer
      call.record.note('count-tokens', `estimated: ${answer}`)
    } catch (error) {
      if (cancellationOf(call).cancelled) throw new ClientGoneError()
      if (ClientGoneError.is(error)) {
        call.record.note('count-tokens', `estimated: no count after ${timeout} ms`)
        return undefined
      }
      if (!UpstreamError.is(error) && !GatewayError.is(error) && !PluginError.is(error)) throw error
      if (PluginError.is(error)) this.logger.warn({ id: call.id, err: error }, 'no count from the upstream')
      call.record.note('count-tokens', `estimated: ${loggable(error)}`)
    } finally {
      clearTimeout(timer)
    }
    return undefined
  }
}

/**
 * The upstream's answer when it is a count; else, in words, why not. Rejects with a ClientGoneError when the call is cancelled,
 * whether its upstream notices or not.
 */
async function countOf(call: Call, next: Next): Promise<Reply | string> {
  const reply = await orCancelled<Reply>(cancellationOf(call), (resolve, reject) => {
    next(call).then((late) => {
      if (cancellationOf(call).cancelled) late.discard()
      resolve(late)
    }, reject)
  })
  if (!reply.ok) {
    reply.discard()
    return `the upstream answered ${reply.status}`
  }
  try {
    const bytes = await orCancelled<Buffer>(cancellationOf(call), (resolve, reject) => {
      reply.bytes(REPLY_LIMIT).then(resolve, reject)
      return () => reply.discard()
    })
    const { input_tokens } = JSON.parse(bytes.toString('utf8'))
    if (typeof input_tokens === 'number' && input_tokens > 0) return relayed(reply, bytes)
  } catch (error) {
    if (UpstreamError.is(error) || ClientGoneError.is(error)) throw error
  }
  return "the upstream's answer is no count"
}

/** With the upstream's other fields and headers: `context_management`, rate limits, `request-id`. */
function relayed(reply: Reply, bytes: Buffer): Reply {
  const headers = endToEnd(reply.headers, OF_THE_BODY)
  return Reply.bytes(bytes, {
    headers: { ...headers, 'content-type': 'application/json', [SOURCE]: 'upstream' },
  })
}

export const countTokens = definePlugin({
  name: 'count-tokens',
  phase: 'request',
  routes: FORWARDED_ROUTES,
  options,
  use: CountTokens,
})
