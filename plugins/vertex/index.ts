import { z } from 'zod'
import { defineUpstream } from '../../core/index.js'
import {
  acceptsOf,
  acceptsOption,
  baseURLOption,
  createForwarder,
  mappedName,
  namedModels,
  namedUpstream,
} from '../../core/kit.js'
import { FACTS } from './facts.js'
import { Tokens } from './tokens.js'
import { vertexWire } from './wire.js'

const NAME = /^[a-z0-9][a-z0-9.:-]*$/

const options = z.strictObject({
  /** The id of the Google Cloud project. Default: none; `baseURL` can say it too. */
  project: z.string().regex(NAME, 'must be the id of a project').optional(),
  /** `global`, `us`, `eu`, or a region such as `europe-west1`. Default: `global`. */
  location: z.string().regex(NAME, 'must be a location such as europe-west1').default('global'),
  /** Where the project's models are, with `/v1/projects/…/locations/…`. Default: by `project` and `location`. */
  baseURL: baseURLOption().optional(),
  /** A file of credentials, such as a service account's key, for accounts without an apiKey. Default: none. */
  keyFile: z.string().min(1).optional(),
  /** Lets accounts without an apiKey use the credentials of this machine, as `gcloud` and Google's servers leave them. Default: false. */
  machineCredentials: z.boolean().default(false),
  /** Client model, or a pattern with `*`, to Vertex's. Default: none; the date of `claude-…-20250929` becomes `@20250929`. */
  models: z.record(z.string(), z.string().min(1)).default({}),
  /** What it takes, where that is known better than here. Default: as docs/upstreams.md says. */
  accepts: acceptsOption().default({}),
})

/** Claude on Google's Vertex AI: the Messages API under another path and with Google's tokens. `name` makes another beside the first. */
export const vertex = namedUpstream('vertex', (name) =>
  defineUpstream({
    name,
    options,
    create: (context) => {
      const { project, location, keyFile, machineCredentials, models, accepts } = context.options
      const { baseURL = addressOf(project, location) } = context.options
      const vertexModel = (model: string) =>
        mappedName(models, model) ?? model.replace(/\[1m\]$/, '').replace(/^(claude-.*)-(\d{8})$/, '$1@$2')
      return {
        ...createForwarder(
          {
            name,
            baseURL: baseURL ?? NOWHERE,
            keyHeader: 'bearer',
            needsKey: keyFile === undefined && !machineCredentials,
            accepts: [...acceptsOf(FACTS), { ...accepts, source: 'config' }],
            mapModel: vertexModel,
            models: () =>
              [...new Set([...namedModels(models), ...Object.values(models)])].map((id) => ({ id })),
            listsModels: false,
            wire: vertexWire(new Tokens({ name, keyFile, http: context.http })),
          },
          context,
        ),
        setup() {
          if (baseURL === undefined)
            throw new TypeError(
              `the upstream '${name}' needs the id of a Google Cloud project: give it the option project`,
            )
        },
      }
    },
  }),
)

/** Never called: the chain does not start without a project. */
const NOWHERE = 'https://aiplatform.googleapis.com'

/** `us` and `eu` are places of several regions. */
function addressOf(project: string | undefined, location: string): string | undefined {
  if (project === undefined) return undefined
  const host =
    location === 'global'
      ? 'aiplatform.googleapis.com'
      : location === 'us' || location === 'eu'
        ? `aiplatform.${location}.rep.googleapis.com`
        : `${location}-aiplatform.googleapis.com`
  return `https://${host}/v1/projects/${project}/locations/${location}`
}
