import { createFetch } from 'ofetch'
import { PoolState } from '../accounts/pool-state.js'
import { attempt } from '../chain/attempt.js'
import { buildChain } from '../chain/build.js'
import { compose } from '../chain/compose.js'
import type { Link } from '../chain/link.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { Call } from '../contract/call.js'
import type { Choice } from '../contract/choice.js'
import type { Logger, SendRequest } from '../contract/services.js'
import { loggable, PluginError } from '../errors/gateway-errors.js'
import { Call as Calls } from '../exchange/call.js'
import { isLoopback } from '../exchange/loopback.js'
import { type Passage, Sightings } from '../exchange/passages.js'
import { Reply } from '../exchange/reply.js'
import { createEstimate } from '../token-count/service.js'

/** What a chain makes of a request. */
export interface Explained {
  readonly passages: readonly Passage[]
  /** What would be sent; undefined where a plugin answers by itself or refuses. Credentials are masked. */
  readonly request: SentRequest | undefined
  readonly account:
    | { readonly id: string; readonly upstream: string; readonly choice: Choice | undefined }
    | undefined
  readonly model: string
  readonly estimatedTokens: number
  /** What the client would get without any call: of a plugin that answers by itself, or an error. */
  readonly answer: { readonly status: number; readonly text: string } | undefined
}

export interface SentRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
}

export interface DryRunInit {
  readonly headers: Readonly<Record<string, string>>
  readonly query: string
  readonly account?: string | undefined
  readonly upstream?: string | undefined
}

const nothing = () => {}
const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => quiet }

const ANSWER = {
  id: 'msg_explain',
  type: 'message',
  role: 'assistant',
  model: 'explain',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
}

/**
 * One request through a config's chain, over a transport that keeps what it gets and sends nothing. Accounts are as after a start:
 * none cools down.
 */
export async function dryRun(config: ResolvedConfig, bytes: Buffer, init: DryRunInit): Promise<Explained> {
  let sent: SendRequest | undefined
  const transport = {
    async send(request: SendRequest) {
      sent ??= request
      return Reply.json(ANSWER)
    },
  }
  const refusing = () => Promise.reject(new Error('nothing is sent'))
  const { host, port } = config.server
  const poolState = new PoolState()
  const running = await buildChain(config, {
    logger: quiet,
    transport,
    http: createFetch({ fetch: refusing as never }),
    poolState,
    server: { host, port, loopback: isLoopback(host) },
  })
  try {
    const sightings = new Sightings()
    /** As it left for an upstream. */
    let last: Call | undefined
    const onlooker: Link = {
      name: 'explain',
      routes: 'all',
      plugin: {
        onStep(step, call) {
          sightings.add(step, call)
          if (step.plugin === undefined) last = call
        },
      },
    }
    const call = Calls.of({ id: 'req_explain', bytes, headers: init.headers, query: init.query })
    call.record.facts.model = call.model
    const { account, upstream } = init
    const asked = account || upstream ? call.prefer({ account, upstream }) : call
    const answer = await answerOf(compose([onlooker, ...running.links], attempt).run(asked))
    sightings.end()
    const { target } = last ?? {}
    return {
      passages: sightings.passages({ texts: true }, nothing).filter(({ plugin }) => plugin !== 'explain'),
      request: sent && shown(sent, call),
      account: target && { id: target.account.id, upstream: target.upstream.name, choice: target.choice },
      model: call.record.facts.mappedModel ?? last?.model ?? call.model,
      estimatedTokens: await createEstimate(poolState.store)(call),
      answer: sent ? undefined : answer,
    }
  } finally {
    await running.dispose()
  }
}

async function answerOf(pending: Promise<Reply>): Promise<Explained['answer']> {
  try {
    const reply = await pending
    return { status: reply.status, text: await reply.text() }
  } catch (error) {
    return { status: (error as { status?: number }).status ?? 500, text: wordsOf(error) }
  }
}

/** Here is no log that has the details of a plugin's fault. */
function wordsOf(error: unknown): string {
  if (!PluginError.is(error)) return loggable(error)
  const { plugin, hook, cause } = error
  return `plugin '${plugin}' failed in ${hook}: ${cause instanceof Error ? cause.message : String(cause)}`
}

const CREDENTIAL = /^(authorization|cookie|x-api-key|x-goog-api-key)$|key|token|secret/

function shown({ method, origin, path, headers, body }: SendRequest, call: Call): SentRequest {
  const pairs: [string, string][] = []
  if (Array.isArray(headers))
    for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i]!, headers[i + 1]!])
  else for (const [name, value] of Object.entries(headers)) pairs.push([name, String(value)])
  const masked = pairs.map(([name, value]) => [
    name,
    CREDENTIAL.test(name.toLowerCase()) ? '••••' : call.record.masked(value),
  ])
  return {
    method,
    url: call.record.masked(origin + path),
    headers: Object.fromEntries(masked),
    bytes: body.length,
  }
}
