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
  host: hostOption().default('127.0.0.1'),
  /** 0: any free port. */
  port: z.int().min(0).max(65_535).default(8045),
  /** The largest request body, as it came and decompressed: Anthropic's own limit (https://platform.claude.com/docs/en/api/errors). */
  bodyLimit: bytes().prefault('32mb'),
  /** The headers of a request, in bytes (Node itself stops at 16 kB) and by number. */
  headerLimit: bytes()
    .refine((size) => size <= 16_384, 'expected at most 16kb, where Node stops reading')
    .prefault('16kb'),
  headerCountLimit: z.int().min(1).default(200),
  /** How deep the JSON of a body may nest; real tool schemas reach about 20. */
  depthLimit: z.int().min(1).default(200),
  /** JSON values and keys of a body: 12 bytes of memory each. A conversation has one for every 40 to 120 bytes. */
  valueLimit: z.int().min(1).default(1_000_000),
  /** Messages of a body: Anthropic's own limit (https://platform.claude.com/docs/en/api/messages/create). */
  messageLimit: z.int().min(1).default(100_000),
  /** Milliseconds to receive a request's headers; and its headers and body. */
  headersTimeout: duration().default(60_000),
  requestTimeout: duration().default(300_000),
  /** Node's own 5 s reset clients that think for longer between two requests. */
  keepAliveTimeout: duration().default(75_000),
  /** Milliseconds that a client may take no byte of an answer that waits for it. Default: as requestTimeout. */
  writeTimeout: duration().optional(),
  /** Requests at a time; past it they queue, past the queue they get a 429. */
  maxConcurrent: z.int().min(1).default(1024),
  queueLimit: z.int().min(0).default(512),
  queueTimeout: duration().default(30_000),
  /** Milliseconds that running streams get to finish at shutdown. */
  shutdownTimeout: duration().default(30_000),
  /** Lets its holder see and clear the state of accounts, under `/_agproxy/api`. Without one nobody may. */
  adminKey: keyText().min(1).meta({ secret: true }).optional(),
  /** `true` makes a certificate for this machine; else paths to PEM files or their text, or the path to a PFX file. */
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
  level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  /** `auto`: pretty on a terminal, JSON otherwise. */
  format: z.enum(['auto', 'pretty', 'json']).default('auto'),
})

export const stateSchema = z.strictObject({
  /** `redis://…`, for several gateways that share what they know; without it state lives in this process. */
  url: z
    .string()
    .regex(/^rediss?:\/\/./i, 'expected redis://… or rediss://…')
    .optional(),
  prefix: z.string().default('agproxy:'),
})

const keyFunction = z.custom<() => string | Promise<string>>(
  (value) => typeof value === 'function',
  'expected a function that returns the key',
)

export const accountSchema = z.strictObject({
  id: headerText().optional(),
  upstream: z.string().min(1),
  apiKey: z
    .union([keyText(), keyFunction])
    .refine((key) => typeof key !== 'string' || !/^\$(\{\w+\}|\w+)$/.test(key), {
      error:
        'names a variable, which only a TypeScript or JavaScript config can read (process.env.NAME); or leave `accounts` out, and keys come from the environment',
    })
    .meta({ secret: true })
    .optional(),
  email: headerText().optional(),
  priority: z.number().optional(),
  weight: z.number().positive().optional(),
  models: z.union([z.array(z.string().min(1)), z.record(z.string().min(1), z.string().min(1))]).optional(),
  maxConcurrent: z.int().min(1).optional(),
  baseURL: z.string().refine(isBaseURL, 'expected an http(s) URL without credentials').optional(),
})

export type ServerInput = z.input<typeof serverSchema>
export type LogInput = z.input<typeof logSchema>
export type StateInput = z.input<typeof stateSchema>
export type AccountInput = z.input<typeof accountSchema>
