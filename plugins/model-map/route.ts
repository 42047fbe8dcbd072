import type { Call, EstimateTokens, Upstreams } from '../../core/index.js'
import { matchesModel } from '../../core/kit.js'
import type { ModelMapOptions, Rule, To } from './options.js'

/** Where a request goes. */
export interface Destination {
  readonly model?: string | undefined
  readonly upstream?: string | undefined
  readonly account?: string | undefined
}

/** Finds the destinations of a request, the preferred one first; undefined where no rule fits. */
export class Router {
  /** Patterns of `models`: exact names first, then the longest. */
  readonly #patterns: readonly (readonly [string, readonly To[]])[]

  constructor(
    private readonly options: ModelMapOptions,
    private readonly upstreams: Upstreams,
    private readonly estimate: EstimateTokens,
  ) {
    const isPattern = (name: string) => (name.includes('*') ? 1 : 0)
    this.#patterns = Object.entries(options.models).sort(
      ([a], [b]) => isPattern(a) - isPattern(b) || b.length - a.length,
    )
  }

  async route(call: Call): Promise<readonly Destination[] | undefined> {
    for (const rule of this.options.rules)
      if (await this.#fits(rule, call)) return this.#destinations(rule.to, rule.model, call.model)
    const named = this.#patterns.find(([pattern]) => matchesModel(pattern, call.model))
    return named && this.#destinations(named[1], named[0], call.model)
  }

  /** What costs most is looked at last. */
  async #fits(rule: Rule, call: Call): Promise<boolean> {
    const { facts } = call.record
    const matches = (pattern: string | undefined, value: string | undefined) =>
      pattern === undefined || (value !== undefined && matchesModel(pattern, value))
    return (
      matches(rule.model, call.model) &&
      matches(rule.class, facts.requestClass ?? (facts.agent === undefined ? undefined : 'subagent')) &&
      matches(rule.agentType, facts.agentType) &&
      matches(rule.agent, facts.agent) &&
      (rule.thinking === undefined || rule.thinking === thinks(call)) &&
      (rule.over === undefined || (await this.#isLonger(call, rule.over)))
    )
  }

  async #isLonger(call: Call, tokens: number): Promise<boolean> {
    // No token is shorter than a byte.
    return call.bytes.length > tokens && (await this.estimate(call)) > tokens
  }

  #destinations(to: readonly To[], pattern: string | undefined, model: string): Destination[] {
    const stood = pattern === undefined ? model : starIn(pattern, model)
    return to.map((target) => {
      const given = typeof target === 'string' ? this.#parsed(target) : target
      return { ...given, model: given.model?.replace('*', () => stood) }
    })
  }

  /** `zai/glm-5.3`, where there is an upstream of that name; other slashes are part of the model's name. */
  #parsed(target: string): Destination {
    const at = target.indexOf('/')
    const upstream = target.slice(0, at)
    return at > 0 && this.upstreams.get(upstream)
      ? { upstream, model: target.slice(at + 1) }
      : { model: target }
  }
}

function thinks(call: Call): boolean {
  const type = call.body.thinking?.type
  return type === 'enabled' || type === 'adaptive'
}

/** What the only `*` of a pattern matched; the whole name where there is none, or more than one. */
function starIn(pattern: string, model: string): string {
  const [before, after, more] = pattern.split('*')
  if (after === undefined || more !== undefined) return model
  return model.slice(before!.length, model.length - after.length)
}
