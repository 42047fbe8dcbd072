import type { Price, PriceList, Prices, TokenCounts } from '../contract/prices.js'
import { optionalPackage } from '../plugin/optional-package.js'
import { mapModel } from '../upstream/models.js'
import { OVERLAY, SELLERS } from './overlay.js'

const MILLION = 1_000_000

type Package = Pick<typeof import('@pydantic/genai-prices'), 'calcPrice'>

/** One for the process; loading it again costs nothing. */
const loadPackage = (): Promise<Package> =>
  optionalPackage('@pydantic/genai-prices', 'a price list', () => import('@pydantic/genai-prices'))

/** The user's own prices by model pattern, then the overlay, then the package. */
export function createPrices(own: Readonly<Record<string, Price>>, load = loadPackage): Prices {
  let list: Promise<PriceList> | undefined
  return {
    load() {
      list ??= load().then((pack) => new List(own, pack))
      return list
    },
  }
}

/** What the package says of one model of one seller: a price for each kind of token, or that it has none, or that only it can reckon. */
type Known = { readonly at: number; readonly price: Price | 'none' | 'by size' }

/** Milliseconds that it is kept: some prices change with the hour. Clients name models, so that many are kept and no more. */
const FRESH = 60_000
const MOST = 500

class List implements PriceList {
  /** The package's search takes 20 µs of a listed model and 100 of others. */
  readonly #known = new Map<string, Known>()

  constructor(
    private readonly own: Readonly<Record<string, Price>>,
    private readonly pack: Package,
  ) {}

  cost(model: string, tokens: TokenCounts, upstream?: string): number | undefined {
    const overlay = upstream === undefined ? undefined : OVERLAY[upstream]
    const price = mapModel(this.own, model) ?? (overlay && mapModel(overlay, model))
    return price ? costAt(price, tokens) : this.#fromPackage(model, tokens, upstream)
  }

  #fromPackage(model: string, tokens: TokenCounts, upstream: string | undefined): number | undefined {
    const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheCreationTokens = 0 } = tokens
    const seller = upstream === undefined ? undefined : SELLERS[upstream]
    if (seller === 'none') return undefined
    const key = `${seller ?? ''} ${model}`
    const known = this.#known.get(key)
    if (known && performance.now() - known.at < FRESH && known.price !== 'by size')
      return known.price === 'none' ? undefined : costAt(known.price, tokens)
    const usage = {
      input_tokens: inputTokens + cacheReadTokens + cacheCreationTokens,
      output_tokens: outputTokens,
      cache_read_tokens: cacheReadTokens,
      cache_write_tokens: cacheCreationTokens,
    }
    const found = this.pack.calcPrice(usage, plain(model), seller === undefined ? {} : { providerId: seller })
    if (this.#known.size >= MOST) this.#known.clear()
    this.#known.set(key, { at: performance.now(), price: found ? priceOf(found, tokens) : 'none' })
    return found?.total_price
  }
}

type Found = NonNullable<ReturnType<Package['calcPrice']>>

/** The price for each token, where it is one that does not depend on how many there are. */
function priceOf({ model_price, total_price }: Found, tokens: TokenCounts): Price | 'by size' {
  const { input_mtok, output_mtok, cache_read_mtok, cache_write_mtok, requests_kcount } = model_price
  if (typeof input_mtok !== 'number' || typeof output_mtok !== 'number' || requests_kcount !== undefined)
    return 'by size'
  if (typeof cache_read_mtok === 'object' || typeof cache_write_mtok === 'object') return 'by size'
  const price = {
    input: input_mtok,
    output: output_mtok,
    cacheRead: cache_read_mtok,
    cacheWrite: cache_write_mtok,
  }
  return Math.abs(costAt(price, tokens) - total_price) <= total_price * 1e-9 ? price : 'by size'
}

function costAt(
  { input, output, cacheRead = input, cacheWrite = input }: Price,
  tokens: TokenCounts,
): number {
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheCreationTokens = 0 } = tokens
  const sum =
    inputTokens * input +
    outputTokens * output +
    cacheReadTokens * cacheRead +
    cacheCreationTokens * cacheWrite
  return sum / MILLION
}

/** `claude-opus-5-5[1m]`: Claude Code's mark of a long context is no part of the model's name. */
function plain(model: string): string {
  return model.endsWith('[1m]') ? model.slice(0, -4) : model
}
