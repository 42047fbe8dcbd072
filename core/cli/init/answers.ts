import { nearest } from '../../errors/nearest.js'
import { isBaseURL } from '../../upstream/base-url.js'
import { CommandLineError } from '../usage-error.js'

/** What a config is written from. */
export interface Answers {
  readonly upstream: Offer
  /** Of an upstream that is named by its URL. */
  readonly baseURL?: string | undefined
  /** Empty: it will come from the environment. */
  readonly key: string
  readonly keyIn: KeyPlace
  /** By the names that Claude Code asks for; empty: as the upstream's plugin has them. */
  readonly models: Readonly<Record<string, string>>
  /** In the user's own folder, for every project. */
  readonly global: boolean
  readonly format: Format
}

/** An upstream that needs nothing but a key, and the variable that its key is read from. */
export interface Offer {
  readonly name: string
  readonly title: string
  readonly variable: string
}

export const OFFERS: readonly Offer[] = [
  { name: 'zai', title: 'z.ai, GLM models', variable: 'ZAI_API_KEY' },
  { name: 'anthropic', title: 'Anthropic', variable: 'AGPROXY_ANTHROPIC_API_KEY' },
  { name: 'other', title: "another endpoint of Anthropic's API, by its URL", variable: 'UPSTREAM_API_KEY' },
]

export const KEY_PLACES = ['env-file', 'config', 'environment'] as const
export type KeyPlace = (typeof KEY_PLACES)[number]
export const FORMATS = ['ts', 'json'] as const
export type Format = (typeof FORMATS)[number]

export interface InitFlags {
  readonly upstream?: string | undefined
  readonly 'base-url'?: string | undefined
  readonly 'key-in'?: string | undefined
  readonly format?: string | undefined
  readonly global?: boolean | undefined
}

/** The answers that flags give; the key is that of the upstream's variable, as a command line can be read by every process. */
export function answersOf(flags: InitFlags, env: NodeJS.ProcessEnv): Answers {
  const names = OFFERS.map(({ name }) => name)
  const name = oneOf('--upstream', flags.upstream ?? 'zai', names)
  const upstream = OFFERS.find((offer) => offer.name === name)!
  const baseURL = flags['base-url']
  if (name === 'other' && (baseURL === undefined || !isBaseURL(baseURL)))
    throw new CommandLineError('--upstream other wants its URL: --base-url https://…')
  return {
    ...{ upstream, baseURL, models: {} },
    key: env[upstream.variable] ?? '',
    keyIn: oneOf('--key-in', flags['key-in'] ?? 'environment', KEY_PLACES),
    global: flags.global === true,
    format: oneOf('--format', flags.format ?? 'ts', FORMATS),
  }
}

function oneOf<const T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value)
  if (found !== undefined) return found
  throw new CommandLineError(`${flag} takes ${allowed.join(', ')}, not '${value}'${nearest(value, allowed)}`)
}
