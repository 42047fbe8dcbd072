import { UpstreamError } from '../../core/index.js'
import {
  type ErrorBody,
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

/** Bedrock's package leaves out what an error inside a stream is called. */
const TOO_MANY = /^too many (requests|tokens)\b/i

export function providerError(error: unknown): ProviderError {
  const { statusCode, message, responseBody, data, originalStatusCode } = recordOf(error)
  const body = text(responseBody)
  const said = body ? wordsOfText(body) : wordsOfJson(isRecord(data) ? { error, ...data } : error)
  const words = said.message ?? text(message) ?? text(error) ?? 'the provider reported an error'
  const named = [statusCode, originalStatusCode].map(Number).find((status) => status >= 400 && status < 600)
  const status = named ?? said.status ?? (TOO_MANY.test(words) ? 429 : 500)
  if (status === 400 && BAD_KEY.test(`${words} ${body ?? ''}`)) return { status: 401, message: words }
  const healing = healingWords(words)
  return healing ? { status: 400, message: healing } : { status, message: words, code: said.code }
}

/** An error in the Messages API's shape; with the provider's code, which `errors` may know. */
export function errorData({ status, message, code }: ProviderError, requestId: string): ErrorBody {
  const { error, ...rest } = errorBody(typeOfStatus(status), message, requestId)
  return { ...rest, error: { ...error, ...(code !== undefined && { code }) } }
}

/** An answer that the provider broke off with an error of its own, while nothing of it is with the client. */
export class FailedAnswer extends Error {
  override readonly name = 'FailedAnswer'
  readonly said: ProviderError

  constructor(said: ProviderError) {
    super(said.message)
    this.said = said
  }
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
