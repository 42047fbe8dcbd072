/** A finished request. Times in milliseconds, money in US dollars; null: not known. Never prompts or keys. */
export interface RequestRow {
  /** The gateway's id of it. */
  id: string
  /** When it came, since 1970. */
  time: number
  /** The day of that, where the gateway runs: `2026-11-26`. */
  day: string
  session: string | null
  prompt: string | null
  agent: string | null
  agent_type: string | null
  request_class: string | null
  /** What the client asked for, and what answered. */
  model: string | null
  served: string | null
  account: string | null
  upstream: string | null
  status: number | null
  ending: string
  error_code: string | null
  attempts: number
  /** Of all attempts; null: no upstream reported it. */
  input_tokens: number | null
  output_tokens: number | null
  cache_read_tokens: number | null
  cache_creation_tokens: number | null
  /** Of all attempts; null: no price is known, or a plan pays. */
  cost: number | null
  /** What the answer would have cost from the maker of the model that the client asked for. */
  list_cost: number | null
  /** 1: its account is paid by a plan. */
  plan: number
  /** Until the first content, and in all. */
  first_ms: number | null
  ms: number | null
}

/** `key=value`, one row each. */
export interface LabelRow {
  request: string
  time: number
  label: string
}

/** Sums of requests; see `Sums`. */
export interface HourSums {
  requests: number
  failed: number
  unknown: number
  input_tokens: number
  output_tokens: number
  cache_read_tokens: number
  cache_creation_tokens: number
  cost: number
  priced: number
  list_cost: number
  plan: number
}

/** The requests of an hour by one of their names, summed up: a page of results reads hundreds of rows and not 100,000. */
export interface HourRow extends HourSums {
  /** What `name` is: `model`, `session`, `label`, …; `total`: all requests. */
  kind: string
  /** When it begins, since 1970. */
  hour: number
  /** Empty: requests that have none. */
  name: string
}

export interface Tables {
  agproxy_hours: HourRow
  agproxy_requests: RequestRow
  agproxy_labels: LabelRow
}

/** A request with its labels, on its way to the database. */
export interface Entry {
  readonly row: RequestRow
  readonly labels: readonly string[]
}
