import { z } from 'zod'
import type { Accepts } from '../../core/index.js'
import { baseURLOption } from '../../core/kit.js'

/** What is known of an upstream before its user says anything: the defaults of its options. */
export interface Entry {
  readonly baseURL?: string | undefined
  readonly keyHeader?: string
  readonly needsKey?: boolean
  readonly models?: Readonly<Record<string, string>>
  readonly accepts?: Partial<Accepts>
  readonly contextWindows?: Readonly<Record<string, number>>
  readonly listsModels?: boolean
}

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

/**
 * The options of one instance, with what is known of the upstream as defaults. Where nothing is known, the careful answer:
 * what may be rejected is taken out, what may be missing is not asked for.
 */
export function optionsFor(entry: Entry) {
  const { accepts = {} } = entry
  return z.strictObject({
    /** Where the API is, without `/v1`. Default: the ready-made entry's, none for `anthropicCompatible`. */
    baseURL: baseURLOption().prefault(entry.baseURL as string), // `prefault`: a missing one is told like a wrong one
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
    /** What it takes; the fixes in mode `auto` read this. Default: what most upstreams take. */
    accepts: z
      .strictObject({
        cacheControl: z.boolean().default(accepts.cacheControl ?? false),
        consecutiveRoles: z.boolean().default(accepts.consecutiveRoles ?? false),
        nonStreaming: z.boolean().default(accepts.nonStreaming ?? true),
        countTokens: z.boolean().default(accepts.countTokens ?? false),
      })
      .prefault({}),
    /** The upstream's model, or a pattern with `*`, to the tokens that a prompt may have. Default: unknown. */
    contextWindows: z.record(z.string(), z.int().positive()).default({ ...entry.contextWindows }),
    /** Asks it for `GET /v1/models`. Default: false. */
    listsModels: z.boolean().default(entry.listsModels ?? false),
  })
}

export type Options = ReturnType<typeof optionsFor>
