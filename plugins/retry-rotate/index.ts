import { inject } from 'tsyringe'
import { z } from 'zod'
import {
  type Accounts,
  type Call,
  definePlugin,
  duration,
  type Logger,
  type Next,
  type Plugin,
  Reply,
  tokens,
  UpstreamError,
} from '../../core/index.js'
import { cancellationOf, durationText, FORWARDED_ROUTES, retryDelay, sleep } from '../../core/kit.js'
import { Attempts, type Failed } from './attempts.js'
import { type Failure, judge, pause } from './policy.js'
import { withoutThinking } from './thinking.js'

const options = z.strictObject({
  /** Calls to upstreams that one request may cost. Default: 3. */
  maxAttempts: z.number().int().min(1).max(20).default(3),
  /** Time to wait for an account that carries its `maxConcurrent` requests, before the next one is tried. Default: 10 s. */
  queueTimeout: duration().default(10_000),
  /** Model, or a pattern with `*`, to the model that is asked for when no account can serve it. Default: none. */
  fallback: z.record(z.string(), z.string()).default({}),
})

type RetryOptions = z.output<typeof options>

/** An error body is read to judge it; no honest one is larger. */
const ERROR_BODY_LIMIT = 1024 * 1024

/**
 * Chooses upstream and account for each attempt, and after a failure decides by its kind what comes next. Returns as soon
 * as an upstream answers, so once a byte has reached the client nothing is tried again.
 */
class RetryRotate implements Plugin {
  constructor(
    @inject(tokens.options) private readonly options: RetryOptions,
    @inject(tokens.accounts) private readonly accounts: Accounts,
    @inject(tokens.logger) private readonly logger: Logger,
  ) {}

  async handle(call: Call, next: Next): Promise<Reply> {
    const { maxAttempts, queueTimeout, fallback } = this.options
    // A count has an estimate to fall back on; only conversations are worth more than one call.
    const max = call.route === 'messages' ? maxAttempts : 1
    const attempts = new Attempts(call, this.accounts, { max, queueTimeout, fallback })
    const waiting = attempts.begin()
    if (waiting) await waiting
    try {
      for (;;) {
        const outcome = await this.#attempt(attempts.fitted, next)
        if (!('failure' in outcome)) return attempts.finish(outcome.reply)
        if (!(await this.#goOn(outcome.failure, attempts))) {
          attempts.release()
          return attempts.fail(outcome)
        }
      }
    } catch (error) {
      attempts.release()
      throw error
    }
  }

  async #attempt(call: Call, next: Next): Promise<Outcome> {
    try {
      const reply = await next(call)
      if (reply.status < 400) return { reply }
      const bytes = await reply.bytes(ERROR_BODY_LIMIT).catch(() => Buffer.alloc(0))
      const text = bytes.toString('utf8')
      const failure: Failure = {
        kind: 'status',
        status: reply.status,
        text,
        // A `retry-after` that was cut to what clients wait for is not the whole time.
        delay: reply.cooldown?.ms ?? retryDelay(reply.headers, text, Date.now()),
        cooldown: reply.cooldown,
      }
      const { status, headers } = reply
      return {
        reply: Reply.bytes(bytes, { status, headers: { ...headers, 'content-length': undefined } }),
        failure,
      }
    } catch (error) {
      if (UpstreamError.is(error)) return { error, failure: { kind: 'broken', error } }
      throw error
    }
  }

  /** The one line from which an operator learns that an account is limited, locked, or has a wrong key. */
  #tellRest({ lease, call }: Attempts): void {
    const { account } = lease.target
    const status = this.accounts.status().find((s) => s.account.id === account.id)
    if (!status?.reason) return
    const { reason, cooldownMs } = status
    const how = Number.isFinite(cooldownMs)
      ? `cooling down for ${durationText(cooldownMs)}`
      : 'cooling down until the config changes'
    this.logger.warn(
      { id: call.id, account: account.id, reason },
      `account '${account.id}' ${how}: ${reason.replaceAll('-', ' ')}`,
    )
  }

  /** Why an operator's own code failed: the client's words leave it out. */
  #tellDetail({ message, detail }: UpstreamError, { lease, call }: Attempts): void {
    if (detail === undefined) return
    this.logger.warn({ id: call.id, account: lease.target.account.id }, `${message}: ${detail}`)
  }

  /** Makes everything ready for the next attempt; false when there is none. */
  async #goOn(failure: Failure, attempts: Attempts): Promise<boolean> {
    const verdict = judge(failure, attempts.call.stream)
    if (failure.kind === 'broken') this.#tellDetail(failure.error, attempts)
    attempts.record(failure, verdict.next)
    // A count that was refused says little about conversations: /context fires 26 of them at once.
    if (verdict.cooldown && attempts.call.route === 'messages') {
      attempts.coolDown(verdict.cooldown)
      this.#tellRest(attempts)
    }
    if (verdict.next === 'return' || !attempts.left) return false
    switch (verdict.next) {
      case 'wait': {
        // Once for each account: a limit that goes on is worth another account's cold cache.
        const patient = attempts.wait()
        if (!patient && (await attempts.other(false))) return true
        await sleep(verdict.ms, cancellationOf(attempts.call))
        return patient ? attempts.again() : attempts.round()
      }
      case 'strip-thinking': {
        const text = failure.kind === 'status' ? failure.text : ''
        const edits = withoutThinking(attempts.call.tree, text, attempts.stripped)
        return edits !== undefined && attempts.again(edits)
      }
      case 'other': {
        if (await attempts.other(verdict.alone === 'return')) return true
        if (verdict.alone === 'return') return false
        await sleep(pause(attempts.pauses++), cancellationOf(attempts.call))
        return attempts.round()
      }
    }
  }
}

type Outcome = { readonly reply: Reply } | Failed

export const retryRotate = definePlugin({
  name: 'retry-rotate',
  phase: 'dispatch',
  routes: FORWARDED_ROUTES,
  options,
  use: RetryRotate,
})
