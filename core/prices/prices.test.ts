import { describe, expect, it } from 'vitest'
import { createPrices } from './prices.js'

const MILLION = { inputTokens: 1_000_000, outputTokens: 1_000_000, cacheReadTokens: 1_000_000 }
const list = (own = {}) => createPrices(own).load()

describe('what tokens cost', () => {
  it('is what the maker asks, by the model alone or through its upstream', async () => {
    const prices = await list()
    // $5 in, $25 out, $0.50 of a cache.
    expect(prices.cost('claude-opus-4-5', MILLION)).toBeCloseTo(30.5, 6)
    expect(prices.cost('claude-opus-4-5', MILLION, 'anthropic')).toBeCloseTo(30.5, 6)
    expect(prices.cost('claude-opus-4-5[1m]', MILLION)).toBeCloseTo(30.5, 6)
    expect(prices.cost('claude-opus-4-5', { cacheCreationTokens: 1_000_000 })).toBeCloseTo(6.25, 6)
  })

  it('of z.ai is from the dated overlay, not from the Chinese platform’s list', async () => {
    const prices = await list()
    expect(prices.cost('glm-5.3', MILLION, 'zai')).toBeCloseTo(1.4 + 4.4 + 0.26, 6)
    expect(prices.cost('glm-5.2', MILLION, 'zai')).toBeUndefined()
  })

  it('is the package’s own sum for every kind of token, however often it is asked', async () => {
    const { calcPrice } = await import('@pydantic/genai-prices')
    const prices = await list()
    const some = [0, 1, 1234, 250_000, 900_000]
    for (const model of [
      'claude-opus-4-5',
      'claude-sonnet-4-5',
      'gemini-2.5-pro',
      'gpt-5',
      'deepseek-chat',
    ]) {
      for (const n of some) {
        const tokens = {
          inputTokens: n,
          outputTokens: n >> 3,
          cacheReadTokens: n >> 1,
          cacheCreationTokens: n >> 2,
        }
        const usage = {
          input_tokens: n + (n >> 1) + (n >> 2),
          output_tokens: n >> 3,
          cache_read_tokens: n >> 1,
          cache_write_tokens: n >> 2,
        }
        expect([model, n, prices.cost(model, tokens)?.toFixed(9)]).toEqual([
          model,
          n,
          calcPrice(usage, model, {})?.total_price.toFixed(9),
        ])
      }
    }
  })

  it('is searched for once, of a model that nobody lists too', async () => {
    let searches = 0
    const calcPrice = () => {
      searches++
      return null
    }
    const prices = await createPrices({}, async () => ({ calcPrice })).load()
    for (let i = 0; i < 5; i++) expect(prices.cost('no-such-model', MILLION)).toBeUndefined()
    expect(searches).toBe(1)
  })

  it('is unknown for a model that nobody lists, and on one’s own machine', async () => {
    const prices = await list()
    expect(prices.cost('no-such-model', MILLION)).toBeUndefined()
    expect(prices.cost('qwen3-coder', MILLION, 'ollama')).toBeUndefined()
  })

  it('is the user’s own first, by pattern; what a cache served costs as input unless it is said', async () => {
    const prices = await list({
      'glm-*': { input: 1, output: 2 },
      'glm-5.3': { input: 1, output: 2, cacheRead: 0.5 },
    })
    expect(prices.cost('glm-4.7', MILLION, 'zai')).toBeCloseTo(4, 6)
    expect(prices.cost('glm-5.3', MILLION, 'zai')).toBeCloseTo(3.5, 6)
  })

  it('says how to install the list where it is not', async () => {
    const missing = Object.assign(new Error("Cannot find package '@pydantic/genai-prices' imported from x"), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
    const { optionalPackage } = await import('../plugin/optional-package.js')
    const load = () =>
      optionalPackage('@pydantic/genai-prices', 'a price list', () => Promise.reject(missing))
    await expect(createPrices({}, load).load()).rejects.toThrow(
      'a price list needs the package @pydantic/genai-prices: npm install @pydantic/genai-prices',
    )
  })
})
