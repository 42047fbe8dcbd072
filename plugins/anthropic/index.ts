import { z } from 'zod'
import { defineUpstream } from '../../core/index.js'
import {
  acceptsOf,
  acceptsOption,
  baseURLOption,
  createForwarder,
  mappedName,
  namedModels,
} from '../../core/kit.js'
import { FACTS } from './facts.js'

/** Forwards to Anthropic untouched: the client's bytes and headers, with the account's key in place of the client's. */
export const anthropic = defineUpstream({
  name: 'anthropic',
  env: {
    /** Where the API is. Default: `AGPROXY_ANTHROPIC_BASE_URL`, else `https://api.anthropic.com`. */
    baseURL: 'AGPROXY_ANTHROPIC_BASE_URL',
  },
  options: z.strictObject({
    baseURL: baseURLOption().default('https://api.anthropic.com'),
    /** Client model, or a pattern with `*`, to the upstream's; other names go through as they are. Default: none. */
    models: z.record(z.string(), z.string()).default({}),
    /** What it takes, where that is known better than here. Default: as docs/upstreams.md says. */
    accepts: acceptsOption().default({}),
  }),
  create: (context) => {
    const { baseURL, models, accepts } = context.options
    return createForwarder(
      {
        name: 'anthropic',
        baseURL,
        keyHeader: 'version',
        accepts: [...acceptsOf(FACTS), { ...accepts, source: 'config' }],
        mapModel: (model) => mappedName(models, model),
        models: () => namedModels(models).map((id) => ({ id })),
        listsModels: true,
      },
      context,
    )
  },
})
