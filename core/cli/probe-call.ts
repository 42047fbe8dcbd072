import { ownModel, servesModel } from '../accounts/tiers.js'
import { attempt } from '../chain/attempt.js'
import type { RunningChain } from '../chain/build.js'
import { compose } from '../chain/compose.js'
import type { Call, Target, Upstream } from '../contract/call.js'
import type { Account } from '../contract/upstream.js'
import { PluginError, UpstreamError } from '../errors/gateway-errors.js'
import { Call as Calls } from '../exchange/call.js'
import { wordsOfText } from '../upstream/error-text.js'

/** What Claude Code asks for, the cheapest first. */
const USUAL = ['claude-haiku-4-5', 'claude-sonnet-4-5', 'claude-opus-4-5']

/**
 * Calls an account once, as a client's request would: through the plugins that fit each attempt, with the model that the
 * account serves, so that the answer is checked and an error is worded as it will be then. Rejects with an Error whose
 * message says what went wrong, without the account's key.
 */
export async function callOnce(account: Account, running: RunningChain, signal: AbortSignal): Promise<void> {
  const upstream = running.upstreams.expect(account.upstream)
  let status: number | undefined
  const watched: Upstream = {
    ...upstream,
    async send(call) {
      const reply = await upstream.send(call)
      status = reply.status
      return reply
    },
  }
  const call = sample(account, watched, signal)
  const said = await attemptOf(call, running).catch((error: unknown) => wordsOf(error, upstream, account))
  if (said === undefined) return
  throw new Error(call.record.masked(status === undefined ? said : `${status} – ${said}`))
}

/** What an attempt comes to: undefined for a message, else the error's words. */
async function attemptOf(call: Call, { config, links }: RunningChain): Promise<string | undefined> {
  const fixes = new Set(
    config.chain.flatMap(({ definition: { phase, name } }) => (phase === 'attempt' ? [name] : [])),
  )
  const chain = compose(
    links.filter(({ name }) => fixes.has(name)),
    attempt,
  )
  const reply = await chain.run(call)
  return reply.ok ? undefined : (wordsOfText(await reply.text()).message ?? 'no explanation')
}

function wordsOf(error: unknown, upstream: Upstream, account: Account): string {
  const { message, cause } = error as Error
  if (PluginError.is(error) && cause instanceof Error)
    return `plugin '${error.plugin}' failed: ${cause.message}`
  if (!UpstreamError.is(error)) return message
  if (error.detail !== undefined) return `${message}: ${error.detail}`
  if (!['protocol', 'shape', 'truncated'].includes(error.failure)) return message
  const address = upstream.address?.(account)
  return address ? `${message}; check ${address.option}, now ${address.url}` : message
}

function sample(account: Account, upstream: Upstream, signal: AbortSignal): Call {
  const model = modelFor(account, upstream)
  const own = ownModel(account, model)
  const body = { model: own ?? model, max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] }
  const target: Target = {
    upstream,
    account,
    accepts: upstream.acceptsFor(own ?? upstream.modelFor(model)),
    attempt: 1,
    ...(own !== undefined && { model: own }),
  }
  return Calls.of({
    id: 'req_probe',
    headers: { 'content-type': 'application/json' },
    bytes: Buffer.from(JSON.stringify(body)),
    limits: { firstEvent: NO_LIMIT, idle: NO_LIMIT, answer: NO_LIMIT }, // the caller's signal cuts it
    target,
    signal,
  })
}

const NO_LIMIT = 2 ** 31 - 1

/** A model that clients may ask this account for: by the account's `models`, then by the upstream's map. */
export function modelFor(account: Account, upstream: Pick<Upstream, 'models'>): string {
  const { models } = account
  const listed = upstream.models?.().map(({ id }) => id) ?? []
  if (!models) return USUAL.find((id) => listed.includes(id)) ?? listed[0] ?? USUAL[0]!
  const patterns: readonly string[] = Array.isArray(models) ? models : Object.keys(models)
  const named = patterns.filter((pattern) => !pattern.includes('*'))
  const found = [...USUAL, ...named, ...listed].find((id) => servesModel(account, id))
  return found ?? patterns[0]!.replaceAll('*', '')
}
