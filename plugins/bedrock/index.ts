import { z } from 'zod'
import { defineUpstream } from '../../core/index.js'
import {
  acceptsOf,
  acceptsOption,
  baseURLOption,
  createForwarder,
  namedModels,
  namedUpstream,
} from '../../core/kit.js'
import { FACTS } from './facts.js'
import { bedrockModel } from './models.js'
import { bedrockWire } from './wire.js'

const options = z.strictObject({
  /** AWS's region. Default: `us-east-1`. */
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, 'must be a region such as us-east-1')
    .default('us-east-1'),
  /** Where Bedrock's runtime is. Default: that of the region. */
  baseURL: baseURLOption().optional(),
  /** Client model, or a pattern with `*`, to Bedrock's id or an ARN. Default: none; `claude-…` becomes `PROFILE.anthropic.claude-…`. */
  models: z.record(z.string(), z.string().min(1)).default({}),
  /** The inference profile of models that `models` does not name: `global`, `us`, `eu`, `apac`, or '' for none. Default: `global`. */
  profile: z
    .string()
    .regex(/^[a-z-]*$/)
    .default('global'),
  /** What it takes, where that is known better than here. Default: as docs/upstreams.md says. */
  accepts: acceptsOption().default({}),
})

/** Claude on Amazon Bedrock: the Messages API under another path, signature and framing. `name` makes another beside the first. */
export const bedrock = namedUpstream('bedrock', (name) =>
  defineUpstream({
    name,
    options,
    create: (context) => {
      const { region, models, profile, accepts, baseURL = addressOf(region) } = context.options
      return createForwarder(
        {
          name,
          baseURL,
          keyHeader: 'bearer',
          accepts: [...acceptsOf(FACTS), { ...accepts, source: 'config' }],
          mapModel: (model) => bedrockModel(model, { models, profile }),
          models: () =>
            [...new Set([...namedModels(models), ...Object.values(models)])].map((id) => ({ id })),
          listsModels: false,
          wire: bedrockWire(region),
        },
        context,
      )
    },
  }),
)

function addressOf(region: string): string {
  return `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}
