import type { Account } from '../../core/index.js'
import type { LanguageModel } from './language-model.js'
import { type Factory, firstLine, loadFactory, type Settings, SetupError } from './package.js'

/** A package's name, its factory, or a provider that is made already. */
export type ProviderOption = string | object

interface Provider {
  languageModel(id: string): unknown
}

export interface ProvidersInit {
  /** Of the upstream. */
  readonly name: string
  readonly provider: ProviderOption
  readonly settings: Settings
  /** The provider's method that makes a model, where it has several: `chat`, `responses`. */
  readonly api: string | undefined
  readonly baseURL: string | undefined
  readonly fetch: typeof fetch
}

/** A provider of one account. */
interface Made {
  readonly key?: string | undefined
  provider: Provider
  /** Makes it again, under the upstream's name. */
  rename?: () => Provider
}

/** The providers of one upstream: one for each account, made when it is first needed, and again when its key changes. */
export class Providers {
  readonly #init: ProvidersInit
  readonly #made = new Map<string, Made>()
  #factory: Promise<Factory> | undefined

  constructor(init: ProvidersInit) {
    this.#init = init
  }

  /** @throws SetupError when the provider is none that can be used, and what its factory throws */
  async model(account: Account, key: string | undefined, id: string): Promise<LanguageModel> {
    const made = await this.#madeFor(account, key)
    const model = this.#model(made.provider, id)
    // The OpenAI-compatible package must be given a name; the others have names that options go by.
    if (!made.rename || !String(model.provider).startsWith('undefined')) return model
    made.provider = made.rename()
    delete made.rename
    return this.#model(made.provider, id)
  }

  /**
   * Makes a model as a request would, and asks it nothing, so that what is wrong with the package, its version or the settings is
   * said before a request fails by it. A key that a function gives is not asked for.
   *
   * @throws SetupError
   */
  async check(account: Account, id: string): Promise<void> {
    const key = typeof account.apiKey === 'function' ? 'not asked for' : account.apiKey
    try {
      const { provider } = await this.#madeFor(account, key)
      this.#model(provider, id)
    } catch (error) {
      if (error instanceof SetupError) throw error
      throw new SetupError(`its provider made no model: ${firstLine(error)}`, { cause: error })
    }
  }

  #load(): Promise<Factory> {
    const { provider } = this.#init
    this.#factory ??=
      typeof provider === 'string' ? loadFactory(provider) : Promise.resolve(provider as Factory)
    return this.#factory
  }

  #model(provider: Provider, id: string): LanguageModel {
    const { api = 'languageModel' } = this.#init
    const make = (provider as unknown as Settings)[api]
    if (typeof make !== 'function')
      throw new SetupError(`its provider has no '${api}'; it has ${methodsOf(provider).join(', ')}`)
    return checked(make.call(provider, id) as LanguageModel)
  }

  async #madeFor(account: Account, key: string | undefined): Promise<Made> {
    const { provider } = this.#init
    if (isProvider(provider)) return { provider }
    const known = this.#made.get(account.id)
    if (known && known.key === key) return known
    const made = { key, ...this.#make(await this.#load(), account, key) }
    this.#made.set(account.id, made)
    return made
  }

  #make(factory: Factory, account: Account, key: string | undefined): Made {
    const { settings, fetch, name } = this.#init
    const baseURL = account.baseURL ?? this.#init.baseURL
    const given = {
      includeUsage: true, // or the OpenAI-compatible package's streams have no token counts
      ...settings,
      fetch,
      ...(baseURL !== undefined && { baseURL }),
      ...(key !== undefined && { apiKey: key }),
    }
    const provider = factory(given)
    if (!isProvider(provider))
      throw new SetupError('what its factory made is no provider: it has no languageModel')
    return { provider, rename: () => factory({ name, ...given }) as Provider }
  }
}

export function isProvider(value: unknown): value is Provider {
  return typeof (value as Partial<Provider> | undefined)?.languageModel === 'function'
}

const KNOWN_VERSIONS = ['v3', 'v4']

function checked(model: LanguageModel): LanguageModel {
  const version = model?.specificationVersion
  if (KNOWN_VERSIONS.includes(version) && typeof model.doStream === 'function') return model
  const found = version === undefined ? 'no language model' : `a model of specification ${version}`
  throw new SetupError(
    `its provider made ${found}; agproxy takes v3 and v4 (packages of AI SDK 6 and 7): install a newer version of the package`,
  )
}

function methodsOf(provider: object): string[] {
  return Object.keys(provider).filter((key) => typeof (provider as Settings)[key] === 'function')
}
