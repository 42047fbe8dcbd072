import { inject } from 'tsyringe'
import { z } from 'zod'
import {
  type Accounts,
  type Call,
  definePlugin,
  GatewayError,
  type Logger,
  type Plugin,
  Reply,
  tokens,
  type Upstreams,
} from '../../core/index.js'
import { Catalogue } from './catalogue.js'
import { anthropicList, anthropicModel, openaiList } from './shapes.js'

const options = z.strictObject({
  /** Milliseconds to wait for upstreams' own lists; Claude Code's discovery gives up after 3 s. Default: 2000. */
  timeout: z.number().int().positive().default(2000),
  /** Milliseconds that an upstream's list is kept. Default: 300000. */
  maxAge: z.number().int().nonnegative().default(300_000),
})

type ModelsOptions = z.output<typeof options>

/** Lists the models that clients may ask for: the upstreams' mappings and, where an upstream has a list, that. */
class Models implements Plugin {
  readonly #catalogue: Catalogue

  constructor(
    @inject(tokens.options) options: ModelsOptions,
    @inject(tokens.upstreams) upstreams: Upstreams,
    @inject(tokens.accounts) accounts: Accounts,
    @inject(tokens.logger) logger: Logger,
  ) {
    this.#catalogue = new Catalogue(options, upstreams, accounts, logger)
  }

  async onRequest(call: Call): Promise<Reply> {
    const models = await this.#catalogue.list()
    if (call.route === 'models-claude') return Reply.json(openaiList(models))
    if (call.route === 'models') return Reply.json(anthropicList(models, new URLSearchParams(call.query)))
    const id = call.params.id ?? ''
    const found = models.find((m) => m.id === id)
    if (!found)
      throw new GatewayError(
        'not_found_error',
        `model: ${id} is not known here; GET /v1/models lists those that are`,
        { code: 'AGP_UNKNOWN_MODEL', retry: false },
      )
    return Reply.json(anthropicModel(found))
  }
}

export const models = definePlugin({
  name: 'models',
  phase: 'request',
  routes: ['models', 'models-claude', 'model'],
  options,
  use: Models,
})
