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
  /** Instead of the upstream's own. */
  readonly baseURL?: string
}

/** What an upstream takes and gives. The fixes in mode `auto` read this and nothing else. */
export interface Accepts {
  /** `cache_control` on blocks, tools and system. */
  readonly cacheControl: boolean
  /** Neighbouring messages of the same role. */
  readonly consecutiveRoles: boolean
  /** Answers without a stream are as reliable as streams. */
  readonly nonStreaming: boolean
  /** `POST /v1/messages/count_tokens`. */
  readonly countTokens: boolean
}

export interface ModelInfo {
  readonly id: string
  readonly displayName?: string
  /** RFC 3339. */
  readonly createdAt?: string
}

/** Why an account rests. */
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
 * How an upstream takes part when accounts are chosen:
 * `listed` – where its accounts stand in the list; `only` – nothing else is used while it has accounts;
 * `last` – when no other account can serve; `stand-in` – only while no account is configured at all.
 */
export type Precedence = 'pooled' | 'exclusive' | 'fallback' | 'offline'

/** What a forwarder registers in `setup`. */
export interface Upstream {
  readonly name: string
  readonly accepts: Accepts
  /** Default `listed`. */
  readonly precedence?: Precedence
  /** Accounts without a key can't serve. */
  readonly needsKey?: boolean
  /** Models that clients may ask for, by the upstream's mapping; no call is made. */
  models?(): readonly ModelInfo[]
  /** The upstream's own list, where it has one. */
  listModels?(account: Account, signal: AbortSignal): Promise<readonly ModelInfo[]>
  /** Tokens that a prompt may have with this model (a client's name), where it is known. */
  contextWindow?(model: string): number | undefined
  /** One cheap call with the account's key, for `agproxy check --probe`. Throws what went wrong. */
  probe?(account: Account, signal: AbortSignal): Promise<void>
}

/** Where one attempt goes. */
export interface Target {
  readonly upstream: Upstream
  readonly account: Account
  readonly accepts: Accepts
  /** 1 for the first. */
  readonly attempt: number
  /** The account's own name for the model, where its `models` give one. */
  readonly model?: string
}
