import cluster from 'node:cluster'
import { hostname } from 'node:os'
import type { StateStore } from '../../core/index.js'
import type { Snapshot } from './meters.js'

const KIND = 'metrics'

/** Milliseconds. A worker reports to the others this often, when something has changed. */
const INTERVAL = 2_000

/** What a worker counted stays after its end, since a sum that falls looks to Prometheus like a restarted gateway. */
const TTL = 24 * 3_600_000

/** The metrics of the workers of one gateway, through the state that they share. */
export class WorkerMetrics {
  /** The workers of one primary; gateways that share a Redis keep apart, each is scraped alone. */
  readonly #gateway = `${hostname()}:${process.ppid}:`
  readonly #key: string
  #changed = false

  constructor(
    private readonly state: StateStore,
    worker: number,
    private readonly snapshot: () => Promise<Snapshot>,
  ) {
    this.#key = `${this.#gateway}${worker}`
    setInterval(() => void this.tell(), INTERVAL).unref()
  }

  static of(state: StateStore, snapshot: () => Promise<Snapshot>): WorkerMetrics | undefined {
    return cluster.worker && new WorkerMetrics(state, cluster.worker.id, snapshot)
  }

  changed(): void {
    this.#changed = true
  }

  /** What the others reported last. */
  others(): Snapshot[] {
    return [...this.state.entries(KIND)]
      .filter(([key]) => key.startsWith(this.#gateway) && key !== this.#key)
      .map(([, { value }]) => JSON.parse(value) as Snapshot)
  }

  async tell(): Promise<void> {
    if (!this.#changed) return
    this.#changed = false
    this.state.set(KIND, this.#key, JSON.stringify(await this.snapshot()), TTL)
  }
}
