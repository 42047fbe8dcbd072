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

class List implements PriceList {
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
    const usage = {
      input_tokens: inputTokens + cacheReadTokens + cacheCreationTokens,
      output_tokens: outputTokens,
      cache_read_tokens: cacheReadTokens,
      cache_write_tokens: cacheCreationTokens,
    }
    return this.pack.calcPrice(usage, plain(model), seller === undefined ? {} : { providerId: seller })
      ?.total_price
  }
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
