import { z } from 'zod'
import { defineUpstream } from '../../core/index.js'
import { acceptsOf, acceptsOption, baseURLOption, createForwarder, namedModels } from '../../core/kit.js'
import { FACTS, MODELS } from './facts.js'
import { zaiModel } from './models.js'

/** What a client may ask for without knowing GLM's names: discovery keeps ids that contain "claude". */
const CLAUDE_NAMES = ['claude-opus-4-5', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'claude-fable-5-1']

/** Forwards to z.ai's Anthropic endpoint, with the client's models mapped to GLM's. */
export const zai = defineUpstream({
  name: 'zai',
  env: {
    /** Where the API is. Default: `ZAI_BASE_URL`, else `https://api.z.ai/api/anthropic`. */
    baseURL: 'ZAI_BASE_URL',
  },
  options: z.strictObject({
    baseURL: baseURLOption().default('https://api.z.ai/api/anthropic'),
    /** Client model, or a pattern with `*`, to z.ai's model. Default: none. */
    models: z.record(z.string(), z.string()).default({}),
    /** What names of the family opus become when `models` says nothing. Default: `glm-5.3`. */
    opus: z.string().default(MODELS.opus),
    /** The same for sonnet, and for families that are not named here. Default: `glm-5.3`. */
    sonnet: z.string().default(MODELS.sonnet),
    /** The same for fable. Default: `glm-5.3`. */
    fable: z.string().default(MODELS.fable),
    /** The same for haiku. Default: `glm-4.5-air`. */
    haiku: z.string().default(MODELS.haiku),
    /** What z.ai takes, where that is known better than here. Default: as docs/upstreams.md says. */
    accepts: acceptsOption().default({}),
    /** How z.ai's accounts take part: `pooled` in their place in the list, `exclusive` before all others, `fallback` after them, `off` not at all. Default: `pooled`. */
    dispatch: z.enum(['off', 'exclusive', 'pooled', 'fallback']).default('pooled'),
  }),
  create: (context) => {
    const { baseURL, models, dispatch, accepts, ...families } = context.options
    if (dispatch === 'off') return undefined
    const glm = () => [...new Set([...Object.values(models), ...Object.values(families)])]
    const named = () => [...CLAUDE_NAMES, ...namedModels(models)]
    return createForwarder(
      {
        name: 'zai',
        baseURL,
        accepts: [...acceptsOf(FACTS), { ...accepts, source: 'config' }],
        precedence: dispatch,
        keyHeader: 'client',
        mapModel: (model) => zaiModel(model, models, families),
        models: () => [...new Set([...named(), ...glm()])].map((id) => ({ id })),
        listsModels: false,
      },
      context,
    )
  },
})
