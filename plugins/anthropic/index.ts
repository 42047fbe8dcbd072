import { z } from 'zod'
import { definePlugin } from '../../core/plugin/define.js'
import { createForwarder } from '../../core/upstream/anthropic-forwarder.js'
import { baseURLOption } from '../../core/upstream/base-url.js'
import { mapModel, namedModels } from '../../core/upstream/models.js'

/** Forwards to Anthropic untouched: the client's bytes and headers, with the account's key in place of the client's. */
export const anthropic = definePlugin({
  name: 'anthropic',
  phase: 'attempt',
  forwards: true,
  routes: ['messages', 'count-tokens'],
  env: { baseURL: 'AGPROXY_ANTHROPIC_BASE_URL' },
  options: z.strictObject({
    baseURL: baseURLOption().default('https://api.anthropic.com'),
    /** Client model, or a pattern with `*`, to upstream model. Names that it doesn't hold go through as they are. */
    models: z.record(z.string(), z.string()).default({}),
  }),
  create: (context) => {
    const { baseURL, models } = context.options
    return createForwarder(
      {
        name: 'anthropic',
        baseURL,
        accepts: { cacheControl: true, consecutiveRoles: true, nonStreaming: true, countTokens: true },
        keyHeader: 'version',
        mapModel: (model) => mapModel(models, model),
        models: () => namedModels(models).map((id) => ({ id })),
        listsModels: true,
      },
      context,
    )
  },
})
