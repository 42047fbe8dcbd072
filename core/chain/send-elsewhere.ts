import { noteClient } from '../accounts/client-facts.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { Accounts } from '../contract/accounts.js'
import type { Call, CallHead } from '../contract/call.js'
import type { Prices } from '../contract/prices.js'
import type { Ending, FinishedRecord } from '../contract/record.js'
import type { Elsewhere, KeptRequest, Side } from '../contract/resend.js'
import { codeOf, loggable } from '../errors/gateway-errors.js'
import { answerText } from '../exchange/answer-text.js'
import { Call as Calls } from '../exchange/call.js'
import { ExchangeRecord } from '../exchange/record.js'
import { noteRefusal } from '../exchange/refusal.js'
import { requestId } from '../exchange/request-id.js'
import { sideOf } from '../exchange/side.js'
import { costOf } from '../prices/cost-of.js'
import { attempt } from './attempt.js'
import { type Chain, compose } from './compose.js'
import type { Link } from './link.js'

interface Sender {
  readonly chain: Chain
  readonly accounts: Accounts
  readonly prices: Prices
  /** Calls the `onFinish` hooks of all plugins, also of those that the call goes past. */
  finish(record: FinishedRecord, head: CallHead): void
}

/** The part of a chain that acts once an attempt, or chooses where it goes. */
export function withoutOnce({ chain }: ResolvedConfig, links: readonly Link[]): Chain {
  const once = new Set(
    chain.flatMap(({ definition: { phase, name } }) => (phase === 'request' ? [name] : [])),
  )
  return compose(
    links.filter(({ name }) => !once.has(name)),
    attempt,
  )
}

/** What `Resend` does. */
export async function sendElsewhere(
  { chain, accounts, prices, finish }: Sender,
  { body, headers, query, client }: KeptRequest,
  { upstream, account, model }: Elsewhere,
  signal?: AbortSignal,
): Promise<Side> {
  const bytes = Buffer.from(body as string)
  const record = new ExchangeRecord()
  const sent = Calls.of({ id: requestId(), bytes, headers, query, record, ...(signal && { signal }) })
  noteClient(sent)
  record.update({ ...client, requestClass: 'resend', model: sent.model, requestBytes: bytes.length })
  const only = upstream !== undefined || account !== undefined
  const call = sent.prefer({ upstream, account, model, only })
  const { text, ending, ...answer } = await answerOf(call, chain)
  finish(record.finish(signal?.aborted ? undefined : answer.status, signal?.aborted ? 'gone' : ending), call)
  const last = record.attempts.at(-1)
  const byId = new Map(accounts.all().map((each) => [each.id, each]))
  const list = await prices.load().catch(() => undefined)
  const { cost, plan } = costOf(record, byId, list)
  const firstContentMs = last?.times.firstContent && Math.round(last.times.firstContent)
  const known = { ...last, ...answer, ms: Math.round(answer.ms), firstContentMs, cost, plan }
  return sideOf({ ...known, model: last?.model ?? call.model }, text)
}

interface Answer {
  readonly status: number | undefined
  readonly text: string
  readonly ms: number
  readonly ending: Ending
}

async function answerOf(call: Call, chain: Chain): Promise<Answer> {
  const { record } = call
  let status: number | undefined
  try {
    const reply = await chain.run(call)
    noteRefusal(reply, record)
    status = reply.status
    const text = answerText((await reply.bytes()).toString('utf8'))
    return { status, text, ms: record.elapsed(), ending: 'complete' }
  } catch (error) {
    const text = record.masked(loggable(error))
    record.update({ error: text, errorCode: codeOf(error) })
    const ending = status === undefined ? 'complete' : 'broken'
    return { status: (error as { status?: number }).status, text, ms: record.elapsed(), ending }
  }
}
