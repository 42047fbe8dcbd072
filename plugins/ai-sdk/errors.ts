import { type EventData, UpstreamError } from '../../core/index.js'
import {
  errorBody,
  isRecord,
  type JsonRecord,
  typeOfStatus,
  wordsOfJson,
  wordsOfText,
} from '../../core/kit.js'
import { healingWords } from './overflow.js'

/** What a provider's error says, whatever it is made of: the packages throw classes, and send objects inside streams. */
export interface ProviderError {
  readonly status: number
  readonly message: string
  /** The provider's own. */
  readonly code?: string | undefined
}

/** Google says 400 for a key that it doesn't know, which is a fault of the account and not of the request. */
const BAD_KEY = /api key (not valid|not found|expired)|API_KEY_INVALID/i

export function providerError(error: unknown): ProviderError {
  const { statusCode, message, responseBody, data } = recordOf(error)
  const body = text(responseBody)
  const said = body ? wordsOfText(body) : wordsOfJson(isRecord(data) ? { error, ...data } : error)
  const words = said.message ?? text(message) ?? text(error) ?? 'the provider reported an error'
  const status = Number(statusCode) >= 400 ? Number(statusCode) : (said.status ?? 500)
  if (status === 400 && BAD_KEY.test(`${words} ${body ?? ''}`)) return { status: 401, message: words }
  const healing = healingWords(words)
  return healing ? { status: 400, message: healing } : { status, message: words, code: said.code }
}

/** An error in the Messages API's shape; with the provider's code, which `errors` may know. */
export function errorData({ status, message, code }: ProviderError): EventData {
  const { type, error } = errorBody(typeOfStatus(status), message)
  return { type, error: { ...error, ...(code !== undefined && { code }) } }
}

/** The package could not read what came, or found no end to it: the connection was cut or garbled. */
export function cutStream(error: unknown): UpstreamError | undefined {
  const { name } = recordOf(error)
  if (/InvalidResponseData|EmptyResponseBody/.test(String(name))) return truncated()
  if (!/JSONParse|TypeValidation/.test(String(name))) return undefined
  return new UpstreamError('protocol', 'the provider sent an event that its package cannot read')
}

export function truncated(): UpstreamError {
  return new UpstreamError('truncated', 'the provider ended its stream in the middle of the answer')
}

/** The fields of an error of any kind; none for what is no object. */
export function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
