import {
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client'
import type {
  Account,
  Accounts,
  AttemptRecord,
  CallHead,
  FinishedRecord,
  PriceList,
} from '../../core/index.js'
import { BoundedNames } from './bounded-names.js'

const SHORT = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const LONG = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 300]

/** Tokens by kind, as an attempt's record has them. */
const KINDS = {
  input: 'inputTokens',
  output: 'outputTokens',
  cache_read: 'cacheReadTokens',
  cache_creation: 'cacheCreationTokens',
} as const satisfies Record<string, keyof AttemptRecord>

export type Snapshot = MetricObjectWithValues<MetricValue<string>>[]

/**
 * The gateway's metrics. Every label has few values, whatever clients invent: routes, statuses, endings, upstreams and accounts are
 * ours; a model counts under its own name once it has answered, up to a limit.
 */
export class Meters {
  readonly registry = new Registry()
  readonly #models: BoundedNames
  readonly #requests
  readonly #attempts
  readonly #cooldowns
  readonly #tokens
  readonly #cost
  readonly #queue
  readonly #overhead
  readonly #upstream
  readonly #firstContent
  readonly #gap
  readonly #duration
  readonly #waiting
  readonly #inFlight
  readonly #coolingDown

  constructor(modelLimit: number) {
    this.#models = new BoundedNames(modelLimit)
    const registers = [this.registry]
    const metric = <L extends string>(name: string, help: string, ...labelNames: L[]) => ({
      name: `agproxy_${name}`,
      help,
      labelNames,
      registers,
    })
    this.#requests = new Counter(metric('requests_total', 'Finished requests', 'route', 'status', 'ending'))
    this.#attempts = new Counter(
      metric(
        'attempts_total',
        'Calls to upstreams; outcome is their status or why there is none',
        'upstream',
        'account',
        'outcome',
      ),
    )
    this.#cooldowns = new Counter(
      metric('cooldowns_total', 'Cooldowns that attempts started', 'upstream', 'account', 'reason'),
    )
    this.#tokens = new Counter(
      metric(
        'tokens_total',
        'Tokens that upstreams counted, of all attempts',
        'upstream',
        'account',
        'model',
        'kind',
      ),
    )
    this.#cost = new Counter(
      metric(
        'cost_dollars_total',
        'US dollars of all attempts whose price is known and that no plan pays',
        'upstream',
        'account',
        'model',
      ),
    )
    this.#queue = new Histogram({
      ...metric('queue_seconds', 'Time that requests waited for server.maxConcurrent'),
      buckets: SHORT,
    })
    this.#overhead = new Histogram({
      ...metric('overhead_seconds', 'Time from the body to the headers of the answer that no upstream had'),
      buckets: SHORT,
    })
    this.#upstream = new Histogram({
      ...metric(
        'upstream_seconds',
        'Time until an attempt had an answer: JSON whole, a stream its first event',
        'upstream',
      ),
      buckets: LONG,
    })
    this.#firstContent = new Histogram({
      ...metric(
        'first_content_seconds',
        'Time from a call to the first text, thinking or tool input of its stream',
        'upstream',
      ),
      buckets: LONG,
    })
    this.#gap = new Histogram({
      ...metric('stream_gap_seconds', 'The longest time between two chunks of a stream', 'upstream'),
      buckets: LONG,
    })
    this.#duration = new Histogram({
      ...metric(
        'request_seconds',
        'Time from the first byte of a request to the last of its answer',
        'route',
      ),
      buckets: LONG,
    })
    this.#waiting = new Gauge(metric('accounts_waiting', 'Requests that wait for an account'))
    this.#inFlight = new Gauge(metric('account_in_flight', 'Requests under way', 'upstream', 'account'))
    this.#coolingDown = new Gauge({
      ...metric(
        'account_cooldown_seconds',
        'Time until an account can serve again; 0: now',
        'upstream',
        'account',
      ),
      aggregator: 'max',
    })
  }

  count(record: FinishedRecord, { route }: CallHead): void {
    const { times, attempts } = record
    const status = record.status === undefined ? 'none' : String(record.status)
    this.#requests.inc({ route, status, ending: record.ending })
    if (times.finished !== undefined) this.#duration.observe({ route }, times.finished / 1000)
    if (attempts.length === 0) return
    if (times.admitted !== undefined) this.#queue.observe(times.admitted / 1000)
    for (const attempt of attempts) this.#countAttempt(attempt)
    const overhead = overheadOf(record)
    if (overhead !== undefined) this.#overhead.observe(overhead / 1000)
  }

  #countAttempt(attempt: AttemptRecord): void {
    const { upstream, account, ms } = attempt
    const outcome = attempt.failure ?? String(attempt.status ?? 'none')
    this.#attempts.inc({ upstream, account, outcome })
    if (ms !== undefined && attempt.failure === undefined) this.#upstream.observe({ upstream }, ms / 1000)
    const { started, firstContent } = attempt.times
    if (firstContent !== undefined) this.#firstContent.observe({ upstream }, (firstContent - started) / 1000)
    if (attempt.chunks > 1) this.#gap.observe({ upstream }, attempt.longestGap / 1000)
    const { cooldown } = attempt
    if (cooldown) this.#cooldowns.inc({ upstream, account, reason: cooldown.reason })
    const model = this.#models.of(attempt.model, Boolean(attempt.outputTokens))
    for (const [kind, field] of Object.entries(KINDS)) {
      const count = attempt[field]
      if (count !== undefined && count > 0) this.#tokens.inc({ upstream, account, model, kind }, count)
    }
  }

  /** What attempts cost, once prices are there. */
  countCost(
    attempts: readonly AttemptRecord[],
    prices: PriceList,
    accounts: ReadonlyMap<string, Account>,
  ): void {
    for (const attempt of attempts) {
      const { upstream, account, model, outputTokens } = attempt
      const cost = accounts.get(account)?.plan ? undefined : prices.cost(model, attempt, upstream)
      if (!cost) continue
      this.#cost.inc({ upstream, account, model: this.#models.of(model, Boolean(outputTokens)) }, cost)
    }
  }

  /** Several processes' metrics as one, in Prometheus' text format. */
  sum(snapshots: readonly Snapshot[]): Promise<string> {
    // Its type has the metrics themselves, where it takes what `getMetricsAsJSON` gives.
    return AggregatorRegistry.aggregate(snapshots as never).metrics()
  }

  /** Reads the current values. `shared` is for the sum of several workers, to which each adds only what is its own. */
  read(accounts: Accounts, shared: boolean): void {
    this.#waiting.set(accounts.waiting)
    this.#inFlight.reset()
    this.#coolingDown.reset()
    for (const { account, upstream, cooldownMs, inFlight } of accounts.status()) {
      const labels = { upstream, account: account.id }
      this.#coolingDown.set(labels, cooldownMs / 1000)
      // With `maxConcurrent` it is the number of all workers already.
      if (!shared || account.maxConcurrent === undefined) this.#inFlight.set(labels, inFlight)
    }
  }
}

/** Undefined where headers went out before there was an answer: then the gateway held nothing up. */
function overheadOf({ times, attempts }: FinishedRecord): number | undefined {
  const { headersSent, bodyRead } = times
  if (headersSent === undefined || bodyRead === undefined) return undefined
  const upstream = attempts.reduce((sum, { ms = 0 }) => sum + ms, 0)
  const overhead = headersSent - bodyRead - upstream
  return overhead >= 0 ? overhead : undefined
}
