import { z } from 'zod'
import { acceptsOption, baseURLOption } from '../../core/kit.js'
import type { Entry } from './entry.js'

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i

/** They belong to one connection or to the body, and the transport writes them. */
const OF_THE_TRANSPORT = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const settable = (name: string) => TOKEN.test(name) && !OF_THE_TRANSPORT.has(name.toLowerCase())

/** Extra headers often carry a credential (an organisation's token, a tunnel's password), so none of them is shown. */
const headers = z
  .record(
    z.string(),
    z
      .string()
      .trim()
      .regex(/^[\x20-\x7e]*$/, 'expected printable ASCII')
      .meta({ secret: true }),
  )
  .check(({ value, issues }) => {
    for (const name of Object.keys(value)) {
      if (settable(name)) continue
      const message = `'${name}' is no header that can be set`
      issues.push({ code: 'custom', input: value, path: [], message })
    }
  })

/** The options of one instance, with what is known of the upstream as defaults. */
export function optionsFor(entry: Entry) {
  return z.strictObject({
    /** Where the API is, without `/v1`. Default: the ready-made entry's, none for `anthropicCompatible`. */
    baseURL: baseURLOption().prefault(entry.baseURL as string), // `prefault`: a missing one is reported like a wrong one
    /** `x-api-key`, `bearer`, `client` (as the client sent it), `version` (by its `anthropic-version`), or a header's name. Default: `x-api-key`. */
    keyHeader: z
      .string()
      .refine(settable, "must be 'x-api-key', 'bearer' or the name of a header")
      .default(entry.keyHeader ?? 'x-api-key'),
    /** False: accounts without a key can serve. Default: true. */
    needsKey: z.boolean().default(entry.needsKey ?? true),
    /** Sent with each call; they win over the client's. Default: none. */
    headers: headers.default({}),
    /** Client model, or a pattern with `*`, to the upstream's. Default: none. */
    models: z.record(z.string(), z.string().min(1)).default({ ...entry.models }),
    /** What it takes, where that is known better than here: `{ cacheControl: true, byModel: { 'glm-*': { images: false } } }`. Default: as docs/upstreams.md says. */
    accepts: acceptsOption().default({}),
    /** The upstream's model, or a pattern with `*`, to the tokens that a prompt may have. Default: as docs/upstreams.md says. */
    contextWindows: z.record(z.string(), z.int().positive()).default({}),
    /** Asks it for `GET /v1/models`. Default: false. */
    listsModels: z.boolean().default(entry.listsModels ?? false),
  })
}

export type Options = ReturnType<typeof optionsFor>
