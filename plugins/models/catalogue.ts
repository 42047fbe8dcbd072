import type { Accounts, Logger, ModelInfo, Upstream, Upstreams } from '../../core/index.js'

interface Kept {
  readonly models: readonly ModelInfo[]
  readonly until: number
}

/** The models of all upstreams that have an account, each id once, in the upstreams' order. */
export class Catalogue {
  readonly #kept = new Map<string, Kept>()
  readonly #asking = new Map<string, Promise<readonly ModelInfo[]>>()

  constructor(
    private readonly options: { readonly timeout: number; readonly maxAge: number },
    private readonly upstreams: Upstreams,
    private readonly accounts: Accounts,
    private readonly logger: Logger,
  ) {}

  async list(): Promise<readonly ModelInfo[]> {
    const used = new Set(this.accounts.all().map((a) => a.upstream))
    const upstreams = this.upstreams.list().filter((u) => used.has(u.name))
    const lists = await Promise.all(
      upstreams.map(async (u) => [...(u.models?.() ?? []), ...(await this.#remote(u))]),
    )
    const byId = new Map<string, ModelInfo>()
    for (const model of lists.flat()) byId.set(model.id, { ...byId.get(model.id), ...model })
    return [...byId.values()]
  }

  /** The upstream's own list; an upstream that can't be asked costs its list and nothing else. */
  #remote(upstream: Upstream): Promise<readonly ModelInfo[]> {
    if (!upstream.listModels) return Promise.resolve([])
    const kept = this.#kept.get(upstream.name)
    if (kept && kept.until > Date.now()) return Promise.resolve(kept.models)
    let asking = this.#asking.get(upstream.name)
    if (!asking) {
      asking = this.#ask(upstream).finally(() => this.#asking.delete(upstream.name))
      this.#asking.set(upstream.name, asking)
    }
    return asking
  }

  async #ask(upstream: Upstream): Promise<readonly ModelInfo[]> {
    const account = this.accounts
      .all()
      .find((a) => a.upstream === upstream.name && this.accounts.cooldownMs(a) === 0)
    if (!account) return this.#kept.get(upstream.name)?.models ?? []
    try {
      const models = await upstream.listModels!(account, AbortSignal.timeout(this.options.timeout))
      this.#kept.set(upstream.name, { models, until: Date.now() + this.options.maxAge })
      return models
    } catch (error) {
      this.logger.warn(
        { upstream: upstream.name, reason: (error as Error).message },
        'no model list from the upstream',
      )
      return this.#kept.get(upstream.name)?.models ?? []
    }
  }
}
