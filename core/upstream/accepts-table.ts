import type { Accepts, AcceptsInit, KnownFact } from '../contract/accepts.js'
import type { UpstreamHooks } from '../contract/call.js'
import { ACCEPTS } from './accepts.js'
import { matchesModel } from './models.js'

/** Models that are kept: their names are the clients'. */
const KEPT = 200

/** What an upstream calls a client's model, and what it takes with it: worked out once for each model. */
export class AcceptsTable {
  /** What holds for a model of which nothing in particular is known. */
  readonly base: Accepts
  readonly #layers: readonly AcceptsInit[]
  readonly #differs: boolean
  readonly #names = new Map<string, string>()
  readonly #accepts = new Map<string, Accepts>()

  constructor(
    layers: UpstreamHooks['accepts'] = [],
    private readonly hooks: Pick<UpstreamHooks, 'mappedModel' | 'contextWindow'> = {},
  ) {
    this.#layers = [layers].flat()
    this.base = this.#resolve(undefined)
    const hasPatterns = this.#layers.some(({ byModel = {} }) => Object.keys(byModel).length > 0)
    this.#differs = hasPatterns || hooks.contextWindow !== undefined
  }

  /** In the order in which it was given: what comes later overrules. */
  get known(): readonly KnownFact[] {
    return this.#layers.flatMap(({ byModel = {}, source, ...all }) => {
      const parts: [string | undefined, Partial<Accepts>][] = [
        [undefined, known(all)],
        ...Object.entries(byModel),
      ]
      return parts
        .filter(([, accepts]) => Object.keys(accepts).length > 0)
        .map(([models, accepts]) => ({ accepts, models, source }))
    })
  }

  modelFor(model: string): string {
    if (!this.hooks.mappedModel) return model
    return remembered(this.#names, model, () => this.hooks.mappedModel?.(model) ?? model)
  }

  acceptsFor(model: string): Accepts {
    return this.#differs ? remembered(this.#accepts, model, () => this.#resolve(model)) : this.base
  }

  #resolve(model: string | undefined): Accepts {
    const parts = this.#layers.flatMap(({ byModel = {}, source: _, ...all }) => {
      const patterns = Object.keys(byModel).filter((key) => model !== undefined && matchesModel(key, model))
      return [all, ...patterns.sort((a, b) => a.length - b.length).map((key) => byModel[key]!)]
    })
    const accepts: Accepts = Object.assign({}, ACCEPTS, ...parts.map(known))
    if (model === undefined || accepts.contextWindow !== undefined) return accepts
    return { ...accepts, contextWindow: this.hooks.contextWindow?.(model) }
  }
}

/** An option that is there and undefined says nothing. */
function known(part: Partial<Accepts>): Partial<Accepts> {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined))
}

function remembered<T>(kept: Map<string, T>, model: string, make: () => T): T {
  let found = kept.get(model)
  if (found === undefined) {
    if (kept.size >= KEPT) kept.clear()
    found = make()
    kept.set(model, found)
  }
  return found
}
