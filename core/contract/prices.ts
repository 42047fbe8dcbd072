/** Tokens by kind; an attempt's record is one. */
export interface TokenCounts {
  /** Without those that a cache served or took. */
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly cacheReadTokens?: number | undefined
  readonly cacheCreationTokens?: number | undefined
}

/** What models cost, once the list is loaded. */
export interface PriceList {
  /**
   * US dollars; undefined where no price is known. `upstream` is whose price it is, by the name of an upstream of the chain; without
   * it the price of the model's maker.
   */
  cost(model: string, tokens: TokenCounts, upstream?: string): number | undefined
}

/** What tokens cost. Replace it by `services: { prices: () => new Mine() }`. */
export interface Prices {
  /** Loads the list with the first call: 800 kB of code, 20 ms. */
  load(): Promise<PriceList>
}

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
  /** Default: as `input`. */
  readonly cacheRead?: number | undefined
  /** Default: as `input`. */
  readonly cacheWrite?: number | undefined
}
