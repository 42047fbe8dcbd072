import type { Accounts, CallHead, FinishedRecord, StateStore } from '../../core/index.js'
import { optionalPackage } from '../../core/kit.js'
import type { Costs } from './costs.js'
import type { Meters } from './meters.js'
import { WorkerMetrics } from './workers.js'

/**
 * The metrics of one gateway. They outlive its chains: counters that started over with each saved config would lose what requests
 * of the old chain still add.
 */
export class GatewayMetrics {
  static readonly #of = new WeakMap<StateStore, Promise<GatewayMetrics>>()

  readonly #workers: WorkerMetrics | undefined
  /** Of the newest chain. */
  #accounts: Accounts | undefined
  #costs: Costs | undefined

  private constructor(
    private readonly meters: Meters,
    state: StateStore,
  ) {
    this.#workers = WorkerMetrics.of(state, () => this.#snapshot())
  }

  /** prom-client is loaded with the first call. */
  static for(state: StateStore, modelLimit: number): Promise<GatewayMetrics> {
    let metrics = GatewayMetrics.#of.get(state)
    if (!metrics) {
      metrics = load(modelLimit).then((meters) => new GatewayMetrics(meters, state))
      GatewayMetrics.#of.set(state, metrics)
    }
    return metrics
  }

  /** What the gauges are read from, and what attempts cost. */
  use(accounts: Accounts, costs: Costs): void {
    this.#accounts = accounts
    this.#costs = costs
  }

  count(record: FinishedRecord, head: CallHead): void {
    this.meters.count(record, head)
    this.#costs?.of(record.attempts, (list, accounts) => {
      this.meters.countCost(record.attempts, list, accounts)
      this.#workers?.changed()
    })
    this.#workers?.changed()
  }

  /** The text that Prometheus scrapes; of all workers of this gateway. */
  async text(): Promise<{ text: string; contentType: string }> {
    const { registry } = this.meters
    const { contentType } = registry
    if (this.#accounts) this.meters.read(this.#accounts, false)
    if (!this.#workers) return { text: await registry.metrics(), contentType }
    const all = [await registry.getMetricsAsJSON(), ...this.#workers.others()]
    return { text: await this.meters.sum(all), contentType }
  }

  /** For the workers that stay when this one ends. */
  async tellOthers(): Promise<void> {
    await this.#workers?.tell()
  }

  #snapshot() {
    if (this.#accounts) this.meters.read(this.#accounts, true)
    return this.meters.registry.getMetricsAsJSON()
  }
}

async function load(modelLimit: number): Promise<Meters> {
  const { Meters } = await optionalPackage('prom-client', 'the plugin metrics', () => import('./meters.js'))
  return new Meters(modelLimit)
}
