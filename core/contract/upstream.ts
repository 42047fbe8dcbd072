/** A credential for an upstream, from the config's `accounts` or from the environment. */
export interface Account {
  readonly id: string
  /** The name of the upstream that it belongs to. */
  readonly upstream: string
  /** Absent for upstreams that need no key. */
  readonly apiKey?: string | (() => string | Promise<string>)
  readonly email?: string
  /** Lower ones are preferred. */
  readonly priority?: number
  /** Its share among accounts of the same priority. */
  readonly weight?: number
  /** Patterns of the models that it serves, or patterns with its own name for each; all models when absent. */
  readonly models?: readonly string[] | Readonly<Record<string, string>>
  /** Requests that it carries at a time. */
  readonly maxConcurrent?: number
  /** It is paid by a plan and not by tokens. */
  readonly plan?: boolean
  /** Instead of the upstream's own. */
  readonly baseURL?: string
}

export interface ModelInfo {
  readonly id: string
  readonly displayName?: string
  /** RFC 3339. */
  readonly createdAt?: string
}

/** What a failure says about the account: why it should cool down, for how long, and for which models. */
export interface Cooldown {
  readonly reason: CooldownReason
  /** Milliseconds, where the upstream named them; Infinity: until the config changes. Absent: as the reason says. */
  readonly ms?: number | undefined
  /** `model`: only for the model that was asked for. Default: the whole account. */
  readonly scope?: 'account' | 'model' | undefined
}

/** Why an account cools down. */
export type CooldownReason =
  | 'rate-limit'
  | 'window-used-up'
  | 'overloaded'
  | 'server-error'
  | 'forbidden'
  | 'unauthorised'
  | 'locked'
  | 'billing'

/**
 * How an upstream takes part when accounts are chosen: `pooled` – its accounts have their place in the list;
 * `exclusive` – no other upstream is used while it has accounts; `fallback` – when no other account can serve;
 * `offline` – only while no account is configured at all.
 */
export type Precedence = 'pooled' | 'exclusive' | 'fallback' | 'offline'

/** Where an account's calls go. */
export interface Address {
  /** Without a query and without secrets. */
  readonly url: string
  /** The option that says so, in words: `plugins.zai.baseURL`. */
  readonly option: string
}
