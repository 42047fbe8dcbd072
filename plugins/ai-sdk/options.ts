import { z } from '../../core/index.js'
import { isBaseURL } from '../../core/kit.js'
import type { ProviderOption } from './provider.js'

export const options = z.strictObject({
  /** A provider package's name, its factory (`createOpenAI`), or a provider that is made already. */
  provider: z.union([
    z.string().min(1),
    z.custom<ProviderOption>(
      (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
      'expected the name of a provider package, its create… function or a provider',
    ),
  ]),
  /** Client model, or a pattern with `*`, to the provider's. */
  models: z.record(z.string(), z.string().min(1)).default({}),
  /** Instead of the package's own. */
  baseURL: z.string().refine(isBaseURL, 'must be an http(s) URL without credentials').optional(),
  /** The provider's method that makes a model, where it has several: `chat`, `responses`. */
  api: z.string().min(1).optional(),
  /** More settings for the factory: `resourceName`, `region`, `headers`. May hold credentials, so none is shown. */
  settings: z.record(z.string(), z.unknown().meta({ secret: true })).default({}),
  /** Goes into each call, by provider; `null` takes out what agproxy would send. */
  providerOptions: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  /** Whether an account without a key is of no use. Default: unless the provider is made already. */
  needsKey: z.boolean().optional(),
  /** The provider's model, or a pattern with `*`, to the tokens that a prompt may have. */
  contextWindows: z.record(z.string(), z.int().positive()).default({}),
})

export type Options = typeof options
