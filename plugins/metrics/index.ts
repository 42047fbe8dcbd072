import { inject } from 'tsyringe'
import { z } from 'zod'
import {
  type Accounts,
  type Awaitable,
  type CallHead,
  definePlugin,
  type Endpoint,
  type FinishedRecord,
  GatewayError,
  type Logger,
  type Plugin,
  type Prices,
  Reply,
  type StateStore,
  tokens,
} from '../../core/index.js'
import { loggable } from '../../core/kit.js'
import { Costs } from './costs.js'
import { GatewayMetrics } from './gateway-metrics.js'

const options = z.strictObject({
  /** Lets everyone who reaches the port read `/metrics`; else it asks for the operator's key. Default: false. */
  public: z.boolean().default(false),
  /** Models that have time series of their own; those past it count as `other`. Default: 50. */
  models: z.int().min(1).max(1000).default(50),
})

type MetricsOptions = z.output<typeof options>

/** Counts what happens, for Prometheus; see docs/plugins/metrics.md. */
class Metrics implements Plugin {
  readonly endpoints: readonly Endpoint[]
  #loading: Promise<GatewayMetrics> | undefined
  #metrics: GatewayMetrics | undefined

  constructor(
    @inject(tokens.options) private readonly options: MetricsOptions,
    @inject(tokens.state) private readonly state: StateStore,
    @inject(tokens.accounts) private readonly accounts: Accounts,
    @inject(tokens.prices) private readonly prices: Prices,
    @inject(tokens.logger) private readonly logger: Logger,
  ) {
    const access = options.public ? 'public' : 'admin'
    this.endpoints = [{ method: 'GET', path: '/metrics', access, handle: () => this.#scrape() }]
  }

  /** The start does not wait for prom-client; what finishes before it is loaded is counted then. */
  setup(): void {
    const loading = GatewayMetrics.for(this.state, this.options.models)
    this.#loading = loading
    loading.then(
      (metrics) => {
        metrics.use(this.accounts, new Costs(this.prices, this.accounts, this.logger))
        this.#metrics = metrics
      },
      (error) => this.logger.error(`nothing is counted: ${loggable(error)}`),
    )
  }

  onFinish(record: FinishedRecord, head: CallHead): Awaitable<void> {
    if (this.#metrics) return this.#metrics.count(record, head)
    return this.#loading?.then(
      (metrics) => metrics.count(record, head),
      () => {},
    )
  }

  async dispose(): Promise<void> {
    await this.#metrics?.tellOthers()
  }

  async #scrape(): Promise<Reply> {
    const metrics = await this.#loading?.catch((error) => {
      throw new GatewayError('api_error', loggable(error), {
        code: 'AGP_UNAVAILABLE',
        status: 503,
        retry: false,
      })
    })
    const { text, contentType } = await metrics!.text()
    return Reply.bytes(Buffer.from(text), { headers: { 'content-type': contentType } })
  }
}

export const metrics = definePlugin({
  name: 'metrics',
  phase: 'request',
  routes: 'all',
  optIn: true,
  options,
  use: Metrics,
})
