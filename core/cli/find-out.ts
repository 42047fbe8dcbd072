import { sent } from '../chain/attempt.js'
import type { Accepts } from '../contract/accepts.js'
import type { Target, Upstream } from '../contract/call.js'
import type { Account } from '../contract/upstream.js'
import { GatewayError, UpstreamError } from '../errors/gateway-errors.js'
import { Call } from '../exchange/call.js'
import { ACCEPTS } from '../upstream/accepts.js'
import { wordsOfText } from '../upstream/error-text.js'
import { extended } from '../upstream/learned.js'
import { EXPERIMENTS, type Experiment } from './experiments.js'

export interface Finding {
  readonly tries: string
  /** `unclear`: it was busy, broken, or said something else. */
  readonly outcome: 'taken' | 'refused' | 'unclear'
  readonly status: number | undefined
  readonly words: string | undefined
}

export interface Findings {
  readonly model: string
  readonly requests: number
  readonly findings: readonly Finding[]
  /** What is refused, as the option `accepts` has it. */
  readonly accepts: Partial<Accepts>
}

/** Refusals of a request for what it holds; other statuses are about keys, limits and health. */
const REFUSALS: ReadonlySet<number> = new Set([400, 404, 405, 413, 415, 422, 501])
const LONGEST = 160
/** Milliseconds that one request may take. */
const PATIENCE = 60_000
const MOST_TOKENS = 16

export const REQUESTS = EXPERIMENTS.length + 2

/** Sends the plain request, and where that is answered each experiment, one after the other. Throws an Error with the words of a refused plain one. */
export async function findOut(upstream: Upstream, account: Account, model: string): Promise<Findings> {
  const once = (experiment: Partial<Experiment>, path?: string) =>
    ask(upstream, account, model, experiment, path)
  const plain = await once({ tries: 'a plain request' })
  if (plain.outcome !== 'taken')
    throw new Error(
      `a plain request is not answered${plain.status ? ` (${plain.status})` : ''}: ${plain.words ?? 'no explanation'}`,
    )
  const findings: Finding[] = [plain]
  let accepts: Partial<Accepts> = {}
  for (const experiment of EXPERIMENTS) {
    const finding = await once(experiment)
    findings.push(finding)
    if (finding.outcome !== 'refused') continue
    // Where none may stand, none may stand first.
    if (experiment.refused.systemMessages === 'not-first' && accepts.systemMessages === false) continue
    accepts = extended(accepts, experiment.refused)
  }
  const counting = await once({ tries: 'counting tokens' }, '/v1/messages/count_tokens')
  if (counting.outcome === 'refused') accepts = { ...accepts, countTokens: false }
  return { model, requests: REQUESTS, findings: [...findings, counting], accepts }
}

async function ask(
  upstream: Upstream,
  account: Account,
  model: string,
  { tries = '', body, beta, unless }: Partial<Experiment>,
  path = '/v1/messages',
): Promise<Finding> {
  const isCount = path !== '/v1/messages'
  const message = {
    model,
    max_tokens: MOST_TOKENS,
    messages: [{ role: 'user', content: 'Say ok.' }],
    ...body,
  }
  const { max_tokens: _, ...counted } = message
  const target: Target = { upstream, account, accepts: ACCEPTS, attempt: 1 }
  const call = Call.of({
    id: 'req_probe',
    path,
    route: isCount ? 'count-tokens' : 'messages',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      ...(beta && { 'anthropic-beta': beta }),
    },
    bytes: Buffer.from(JSON.stringify(isCount ? counted : message)),
    target,
    signal: AbortSignal.timeout(PATIENCE),
  })
  const said = (words: string | undefined) => words && call.record.masked(words).slice(0, LONGEST)
  try {
    const reply = await sent(call, target, upstream)
    if (reply.ok) {
      const isGood =
        !isCount || typeof (await reply.json<{ input_tokens?: unknown }>()).input_tokens === 'number'
      return { tries, outcome: isGood ? 'taken' : 'refused', status: reply.status, words: undefined }
    }
    const { message: words } = wordsOfText(await reply.text())
    // LM Studio has words under status 200, which count as 502.
    const isRefusal = REFUSALS.has(reply.status) || (isCount && reply.status === 502)
    const isOther = words !== undefined && unless?.test(words)
    const outcome = isOther ? 'taken' : isRefusal ? 'refused' : 'unclear'
    return { tries, outcome, status: reply.status, words: said(words) }
  } catch (error) {
    if (!UpstreamError.is(error) && !GatewayError.is(error)) throw error
    return { tries, outcome: 'unclear', status: undefined, words: said(error.message) }
  }
}
