import { z } from 'zod'
import { bytes, duration } from '../plugin/units.js'
import { isBaseURL } from '../upstream/base-url.js'
import { cleanKey, faultOfKey } from '../upstream/key-text.js'
import { hostOption } from './host.js'

/** Ids and e-mails come back in a header (`x-account-email`), so they must be able to stand in one. */
const headerText = () => z.string().regex(/^[\x20-\x7e]+$/, 'expected printable ASCII')

/** A key as a header can carry it. One from a file ends in a newline, one from an env file may have quotes around it. */
const keyText = () =>
  z
    .string()
    .overwrite((text) => cleanKey(text).key)
    .check(({ value, issues }) => {
      const fault = faultOfKey(value)
      if (fault === undefined) return
      issues.push({
        code: 'custom',
        continue: true, // for the union that it is in
        message: `expected a key of printable ASCII, without ${fault}`,
        input: value,
      })
    })

export const serverSchema = z.strictObject({
  /** The address to listen on. Default: `127.0.0.1`. */
  host: hostOption().default('127.0.0.1'),
  /** 0: any free port. Default: 8045. */
  port: z.int().min(0).max(65_535).default(8045),
  /** The largest request body, as it came and decompressed; Anthropic's own limit (https://platform.claude.com/docs/en/api/errors). Default: 32 MB. */
  bodyLimit: bytes().prefault('32mb'),
  /** Bytes of a request's headers; Node itself stops at 16 kB. Default: 16 kB. */
  headerLimit: bytes()
    .refine((size) => size <= 16_384, 'expected at most 16kb, where Node stops reading')
    .prefault('16kb'),
  /** Headers of a request. Default: 200. */
  headerCountLimit: z.int().min(1).default(200),
  /** How deep the JSON of a body may nest; real tool schemas reach about 20. Default: 200. */
  depthLimit: z.int().min(1).default(200),
  /** JSON values and keys of a body, 12 bytes of memory each; a conversation has one for every 40 to 120 bytes. Default: 1000000. */
  valueLimit: z.int().min(1).default(1_000_000),
  /** Messages of a body; Anthropic's own limit (https://platform.claude.com/docs/en/api/messages/create). Default: 100000. */
  messageLimit: z.int().min(1).default(100_000),
  /** Time to receive a request's headers. Default: 60 s. */
  headersTimeout: duration().default(60_000),
  /** Time to receive a request with its body. Default: 300 s. */
  requestTimeout: duration().default(300_000),
  /** Time that an idle connection is kept; Node's own 5 s reset clients that think for longer. Default: 75 s. */
  keepAliveTimeout: duration().default(75_000),
  /** Time that a client may take no byte of an answer that waits for it. Default: as requestTimeout. */
  writeTimeout: duration().optional(),
  /** Requests at a time; past it they queue, past the queue they get a 429. Default: 1024. */
  maxConcurrent: z.int().min(1).default(1024),
  /** Requests that may queue. Default: 512. */
  queueLimit: z.int().min(0).default(512),
  /** Time in the queue, after which a request gets a 429. Default: 30 s. */
  queueTimeout: duration().default(30_000),
  /** Time that running streams get to finish at shutdown. Default: 30 s. */
  shutdownTimeout: duration().default(30_000),
  /** Lets its holder use the operator's routes under `/_agproxy/`. Default: `AGPROXY_ADMIN_KEY`, else on a loopback address a key that is kept in the state folder. */
  adminKey: keyText().min(1).meta({ secret: true }).optional(),
  /** `true` makes a certificate for this machine; else paths to PEM files or their text, or the path to a PFX file. Default: false. */
  https: z
    .union([
      z.boolean(),
      z.strictObject({
        cert: z.string().optional(),
        key: z.string().meta({ secret: true }).optional(),
        pfx: z.string().meta({ secret: true }).optional(),
        passphrase: z.string().meta({ secret: true }).optional(),
      }),
    ])
    .default(false),
})

export const logSchema = z.strictObject({
  /** What is logged. Default: `info`. */
  level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  /** `auto`: pretty on a terminal, JSON otherwise. Default: `auto`. */
  format: z.enum(['auto', 'pretty', 'json']).default('auto'),
})

export const transportSchema = z.strictObject({
  /** Keeps connections to upstreams of a live session open, as many as it used at once and at most 8. Default: true. */
  keepWarm: z.boolean().default(true),
  /** Milliseconds that a session lives after its last request. Default: 10 minutes. */
  sessionIdle: duration().min(1_000).default(600_000),
})

export const stateSchema = z.strictObject({
  /** `redis://…`, for several gateways that share what they know. Default: `REDIS_URL`; without it state lives in this process. */
  url: z
    .string()
    .regex(/^rediss?:\/\/./i, 'expected redis://… or rediss://…')
    .optional(),
  /** Put before every key in Redis. Default: `agproxy:`. */
  prefix: z.string().default('agproxy:'),
})

const keyFunction = z.custom<() => string | Promise<string>>(
  (value) => typeof value === 'function',
  'expected a function that returns the key',
)

export const accountSchema = z.strictObject({
  /** Names the account in replies and in the log. Default: the upstream's name and a number. */
  id: headerText().optional(),
  /** The name of an upstream of this config. */
  upstream: z.string().min(1),
  /** The credential, or a function that returns it, called for each attempt. Default: none, for upstreams that need no key. */
  apiKey: z
    .union([keyText(), keyFunction])
    .refine((key) => typeof key !== 'string' || !/^\$(\{\w+\}|\w+)$/.test(key), {
      error:
        // biome-ignore lint/suspicious/noTemplateCurlyInString: what a user writes
        'names a variable: write ${NAME} in JSON and YAML, process.env.NAME in TypeScript; or leave `accounts` out, and keys come from the environment',
    })
    .meta({ secret: true })
    .optional(),
  /** Sent to the client as `x-account-email`. Default: the id. */
  email: headerText().optional(),
  /** Lower ones serve first. Default: the place in the list; 0 as soon as another account names one. */
  priority: z.number().optional(),
  /** Share among accounts of the same priority. Default: 1. */
  weight: z.number().positive().optional(),
  /** Patterns of the models that it serves, or patterns with the account's own name for each. Default: all. */
  models: z.union([z.array(z.string().min(1)), z.record(z.string().min(1), z.string().min(1))]).optional(),
  /** Requests that it carries at a time. Default: no limit. */
  maxConcurrent: z.int().min(1).optional(),
  /** It is paid by a plan and not by tokens, so no money is shown for it. Default: false. */
  plan: z.boolean().optional(),
  /** Instead of the upstream's own. Default: the upstream's. */
  baseURL: z.string().refine(isBaseURL, 'expected an http(s) URL without credentials').optional(),
})

const dollars = () => z.number().min(0)

/** By model pattern: `{ 'glm-*': { input: 0.6, output: 2.2 } }`. US dollars for a million tokens. */
export const pricesSchema = z.record(
  z.string().min(1),
  z.strictObject({
    input: dollars(),
    output: dollars(),
    /** Of tokens that a cache served. Default: as `input`. */
    cacheRead: dollars().optional(),
    /** Of tokens that a cache took. Default: as `input`. */
    cacheWrite: dollars().optional(),
  }),
)

export type ServerInput = z.input<typeof serverSchema>
export type LogInput = z.input<typeof logSchema>
export type StateInput = z.input<typeof stateSchema>
export type AccountInput = z.input<typeof accountSchema>
