import { attempt } from '../chain/attempt.js'
import type { RunningChain } from '../chain/build.js'
import { compose } from '../chain/compose.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { Call } from '../contract/call.js'
import { loggable } from '../errors/gateway-errors.js'
import { Call as Calls } from '../exchange/call.js'
import { costOf } from '../prices/cost-of.js'
import { createPrices } from '../prices/prices.js'
import { answerText } from './answer-text.js'
import { withChain } from './probe.js'

/** A request as the operator's API has it. */
export interface KeptRequest {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly query: string
}

export interface Elsewhere {
  readonly upstream?: string | undefined
  readonly account?: string | undefined
  readonly model?: string | undefined
}

/** One of the two answers that are compared. Times in milliseconds, money in US dollars. */
export interface Side {
  readonly upstream?: string | undefined
  readonly account?: string | undefined
  readonly model?: string | undefined
  readonly status?: number | undefined
  readonly ms?: number | undefined
  readonly firstContentMs?: number | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly cacheReadTokens?: number | undefined
  readonly cacheCreationTokens?: number | undefined
  readonly cost?: number | undefined
  readonly plan?: boolean | undefined
  readonly stopReason?: string | undefined
  readonly text: string
}

/**
 * Sends a request once more through the config's fixes, to an account of the upstream that is asked for and to no other. Plugins that
 * act once a request (auth, budgets, the ledger, …) have no part in it.
 */
export function sendElsewhere(config: ResolvedConfig, request: KeptRequest, to: Elsewhere): Promise<Side> {
  return withChain(config, async (running) => {
    const { body, headers, query } = request
    const sent = Calls.of({ id: 'req_resend', bytes: Buffer.from(body), headers, query })
    sent.record.facts.model = sent.model
    const { upstream, account, model } = to
    const only = upstream !== undefined || account !== undefined
    const call = sent.prefer({ upstream, account, model, only })
    const answer = await answerOf(call, running)
    const { record } = call
    const last = record.attempts.at(-1)
    const accounts = new Map(running.accounts.all().map((each) => [each.id, each]))
    const prices = await createPrices(config.prices)
      .load()
      .catch(() => undefined)
    const { cost, plan } = costOf(record, accounts, prices)
    return {
      ...answer,
      upstream: last?.upstream,
      account: last?.account,
      model: last?.model ?? call.model,
      ms: Math.round(answer.ms),
      firstContentMs: last?.times.firstContent && Math.round(last.times.firstContent),
      inputTokens: last?.inputTokens,
      outputTokens: last?.outputTokens,
      cacheReadTokens: last?.cacheReadTokens,
      cacheCreationTokens: last?.cacheCreationTokens,
      cost,
      plan,
      stopReason: last?.stopReason,
    }
  })
}

async function answerOf(call: Call, { config, links }: RunningChain) {
  const once = new Set(
    config.chain.flatMap(({ definition: { phase, name } }) => (phase === 'request' ? [name] : [])),
  )
  const chain = compose(
    links.filter(({ name }) => !once.has(name)),
    attempt,
  )
  try {
    const reply = await chain.run(call)
    const bytes = await reply.bytes()
    return { status: reply.status, text: answerText(bytes.toString('utf8')), ms: call.record.elapsed() }
  } catch (error) {
    const { status } = error as { status?: number }
    return { status, text: call.record.masked(loggable(error)), ms: call.record.elapsed() }
  }
}
