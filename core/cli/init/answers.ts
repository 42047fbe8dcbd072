import { nearest } from '../../errors/nearest.js'
import { isBaseURL } from '../../upstream/base-url.js'
import { CommandLineError } from '../usage-error.js'
import { OFFERS, type Offer } from './offers.js'

/** What a config is written from. */
export interface Answers {
  readonly upstream: Offer
  /** Of an upstream that is named by its URL; of another, in place of its own. */
  readonly baseURL?: string | undefined
  /** Empty: it will come from the environment. */
  readonly key: string
  readonly keyIn: KeyPlace
  /** By family of Claude's models, or for all of them (`ALL`); empty: as the upstream's plugin has them. */
  readonly models: Readonly<Record<string, string>>
  /** In the user's own folder, for every project. */
  readonly global: boolean
  readonly format: Format
}

export const KEY_PLACES = ['env-file', 'config', 'environment'] as const
export type KeyPlace = (typeof KEY_PLACES)[number]
/** Of Claude's models. */
export const FAMILIES = ['opus', 'sonnet', 'haiku', 'fable'] as const
/** The family of them all. */
export const ALL = '*'
export const FORMATS = ['ts', 'json'] as const
export type Format = (typeof FORMATS)[number]

export interface InitFlags {
  readonly upstream?: string | undefined
  readonly 'base-url'?: string | undefined
  readonly 'key-in'?: string | undefined
  readonly format?: string | undefined
  readonly model?: string | undefined
  readonly global?: boolean | undefined
}

/** The answers that flags give; the key is that of the upstream's variable, as a command line can be read by every process. */
export function answersOf(flags: InitFlags, env: NodeJS.ProcessEnv): Answers {
  const names = OFFERS.map(({ name }) => name)
  const name = oneOf('--upstream', flags.upstream ?? 'zai', names)
  const upstream = OFFERS.find((offer) => offer.name === name)!
  const baseURL = flags['base-url']
  if (name === 'other' && baseURL === undefined)
    throw new CommandLineError('--upstream other wants its URL: --base-url https://…')
  if (baseURL !== undefined && !isBaseURL(baseURL))
    throw new CommandLineError(`--base-url takes an http(s) URL without credentials, not '${baseURL}'`)
  return {
    ...{ upstream, baseURL, models: modelsOf(flags.model) },
    key: env[upstream.variable] ?? '',
    keyIn: oneOf('--key-in', flags['key-in'] ?? 'environment', KEY_PLACES),
    global: flags.global === true,
    format: oneOf('--format', flags.format ?? 'ts', FORMATS),
  }
}

/** `NAME`, or `opus=NAME,sonnet=NAME`. */
function modelsOf(text: string | undefined): Answers['models'] {
  if (text === undefined) return {}
  if (!text.includes('=')) return { [ALL]: text }
  const pairs = text.split(',').map((part) => {
    const at = part.indexOf('=')
    const model = part.slice(at + 1).trim()
    if (at < 0 || model === '')
      throw new CommandLineError(`--model takes a name, or FAMILY=NAME,…, not '${text}'`)
    return [oneOf('--model', part.slice(0, at).trim(), FAMILIES), model] as const
  })
  return Object.fromEntries(pairs)
}

function oneOf<const T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value)
  if (found !== undefined) return found
  throw new CommandLineError(`${flag} takes ${allowed.join(', ')}, not '${value}'${nearest(value, allowed)}`)
}
