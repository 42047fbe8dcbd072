import { type ErrorBody, errorBody, typeOfStatus } from '../../core/kit.js'
import { healingWords } from './overflow.js'

type Fields = Readonly<Record<string, unknown>>

/** What a provider's error says, whatever it is made of: the packages throw classes, and send objects inside streams. */
export interface ProviderError {
  readonly status: number
  readonly message: string
}

/** Words of a code, type or status that tell what the number doesn't, or where there is no number. */
const STATUS_OF_WORDS: readonly (readonly [RegExp, number])[] = [
  [/rate_?limit|insufficient_quota|resource_exhausted|throttl|too_?many/i, 429],
  [/api_key_invalid|authentication|unauthenticated|unauthorized|invalid_api_key/i, 401],
  [/permission|forbidden/i, 403],
  [/not_?found/i, 404],
  [/overload/i, 529],
  [/unavailable/i, 503],
  [/timeout|deadline/i, 504],
  [/invalid|bad_?request|context_length|validation|failed_precondition/i, 400],
]

/** Google says 400 for a key that it doesn't know, which is a fault of the account and not of the request. */
const BAD_KEY = /api key (not valid|not found|expired)|API_KEY_INVALID/i

export function providerError(error: unknown): ProviderError {
  const outer = fields(error)
  const said = { ...outer, ...fields(fields(outer.data).error), ...fields(outer.error) } as Fields
  const message = [said.message, outer.message, error].find((text) => typeof text === 'string' && text !== '')
  const words = (message as string | undefined) ?? 'the provider reported an error'
  const status = statusOf([outer.statusCode, said.code, said.status], [said.code, said.type, said.status])
  if (status === 400 && BAD_KEY.test(`${words} ${String(outer.responseBody ?? '')}`))
    return { status: 401, message: words }
  const healing = healingWords(words)
  return healing ? { status: 400, message: healing } : { status, message: words }
}

/** An error in the middle of an answer; a client that sees it knows that the answer is not whole. */
export function errorEvent(error: unknown): ErrorBody & Fields {
  const { status, message } = providerError(error)
  return errorBody(typeOfStatus(status), message) as ErrorBody & Fields
}

/** The package found no end, or could not read what came: the connection was cut or garbled. */
export function isCutStream(error: unknown): boolean {
  return /InvalidResponseData|JSONParse|TypeValidation|EmptyResponseBody/.test(String(fields(error).name))
}

function statusOf(numbers: readonly unknown[], words: readonly unknown[]): number {
  const number = numbers.map(Number).find((n) => Number.isInteger(n) && n >= 400 && n <= 599)
  if (number !== undefined) return number
  const text = words.filter((word) => typeof word === 'string').join(' ')
  return STATUS_OF_WORDS.find(([pattern]) => pattern.test(text))?.[1] ?? 500
}

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}
