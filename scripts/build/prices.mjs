import { readFileSync } from 'node:fs'
import { transform } from 'esbuild'

/** @typedef {import('@pydantic/genai-prices').Provider} Provider */

/** Those that are found by a model's name, or by what an upstream's seller is called. @returns {Promise<Provider[]>} */
async function sellersWithin(/** @type {readonly Provider[]} */ all) {
  const { code } = await transform(readFileSync('core/prices/overlay.ts', 'utf8'), { loader: 'ts' })
  const { SELLERS } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const named = new Set(Object.values(SELLERS))
  return all.filter(({ id, model_match }) => model_match || named.has(id))
}

/** A seller as JavaScript: its models are a text until one of them is asked for. @param {Provider} seller */
function lazily({ id, name, api_pattern, model_match, provider_match, fallback_model_providers, models }) {
  const head = { id, name, api_pattern, model_match, provider_match, fallback_model_providers }
  const priced = models.map(({ id, match, prices }) => ({ id, match, prices }))
  return `withModels(${JSON.stringify(head)}, ${JSON.stringify(JSON.stringify(priced))})`
}

const WITH_MODELS = `function withModels(seller, text) {
  let models
  return Object.defineProperty(seller, 'models', { get: () => (models ??= JSON.parse(text)) })
}`

/**
 * The price list is a literal of 800 kB: 20 ms and 11 MB for prices of which a gateway asks for two or three. Sellers that nothing here
 * can ask for are left out, and so is what no price is made of.
 */
export const pricesWhenAsked = {
  name: 'prices-when-asked',
  setup(build) {
    build.onLoad({ filter: /[\\/]genai-prices[\\/]dist[\\/]index\.js$/ }, async ({ path }) => {
      const { waitForUpdate } = await import('@pydantic/genai-prices')
      const sellers = await sellersWithin((await waitForUpdate()) ?? [])
      const source = readFileSync(path, 'utf8')
      const begin = 'const E = ['
      const end = source.indexOf('\n], ')
      if (!source.startsWith(begin) || end < 0) throw new Error('genai-prices has its list in another place')
      const list = `const E = [${sellers.map(lazily).join(',\n')}`
      return { contents: `${WITH_MODELS}\n${list}${source.slice(end)}` }
    })
  },
}
