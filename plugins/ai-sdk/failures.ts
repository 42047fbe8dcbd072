import {
  type Call,
  ClientGoneError,
  type EstimateTokens,
  GatewayError,
  Reply,
  UpstreamError,
} from '../../core/index.js'
import { cancellationOf, isKnownError, shownStatus, statusOfType, typeOfStatus } from '../../core/kit.js'
import { errorData, FailedAnswer, type ProviderError, providerError, recordOf } from './errors.js'
import { isTooLong, tooLong } from './overflow.js'

/** Of a provider's headers, what a client or the choice of an account may act on. */
const TOLD = /^(retry-after(-ms)?|x-should-retry|(x-)?request-id|(x-|anthropic-)?ratelimit-.*)$/
/** `Please try again in 20s`, `Please retry in 34.07s`. */
const WAIT = /(?:retry|try again) (?:in|after) ([\d.]+) ?(ms|s|m)\b/i

/** What turns a package's errors into ours. */
export interface FailuresInit {
  readonly call: Call
  /** Tokens that a prompt may have. */
  readonly window: number | undefined
  readonly estimate: EstimateTokens
  /** The body of an error that the provider sent in its stream; it says more than what the package makes of it. */
  readonly reported: () => unknown
}

/** The errors of one attempt. No error of a package travels on: it holds the whole request. */
export class Failures {
  readonly #init: FailuresInit

  constructor(init: FailuresInit) {
    this.#init = init
  }

  /** The answer that an error before the stream means. Throws where there was none: the connection, the client, the config. */
  async reply(error: unknown): Promise<Reply> {
    const { call, reported } = this.#init
    const { statusCode, responseHeaders } = recordOf(error)
    const body = reported()
    if (body === undefined && !(Number(statusCode) >= 400)) throw await this.thrown(error)
    const said = await this.#worded(providerError(body ?? error))
    const headers = told(recordOf(responseHeaders), said.message, (text) => call.record.masked(text))
    return Reply.json(errorData(said, headers['request-id'] ?? call.id), {
      status: said.status,
      headers,
      ...(said.code === 'insufficient_quota' && { cooldown: { reason: 'billing' } }),
    })
  }

  /** What an error means that leaves no answer: a package threw it, before its stream or in it. */
  async thrown(error: unknown): Promise<Error> {
    const { call } = this.#init
    if (!(error instanceof FailedAnswer)) return failureOf(error, call)
    const said = await this.#worded(error.said)
    const { status, message } = said
    const type = typeOfStatus(status)
    return new UpstreamError('error-event', message, { status, type, cause: errorData(said, call.id) })
  }

  async #worded(said: ProviderError): Promise<ProviderError> {
    const { call, estimate, window } = this.#init
    const message = isTooLong(said.message) ? await estimated(call, estimate, window) : said.message
    return { ...said, message: call.record.masked(message) }
  }
}

function failureOf(error: unknown, call: Call): Error {
  const known = knownCause(error)
  if (known) return known
  if (cancellationOf(call).cancelled) return new ClientGoneError()
  const { name, message } = recordOf(error)
  const words = call.record.masked(String(message ?? 'no explanation'))
  switch (name) {
    case 'AI_UnsupportedFunctionalityError':
    case 'AI_InvalidPromptError':
    case 'AI_InvalidArgumentError':
    case 'AI_TypeValidationError':
      return new GatewayError('invalid_request_error', `${nameOf(call)} can't take this request: ${words}`, {
        code: 'AGP_REQUEST_UNSUPPORTED',
        retry: false,
      })
    case 'SetupError':
    case 'AI_LoadAPIKeyError':
    case 'AI_LoadSettingError':
    case 'AI_NoSuchModelError': {
      // An account without a key is the one of them that is about who may call.
      const type = name === 'AI_LoadAPIKeyError' ? 'authentication_error' : 'api_error'
      return new GatewayError(type, `${nameOf(call)} is not set up: ${words}`, {
        code: 'AGP_UPSTREAM_SETUP',
        status: shownStatus(statusOfType(type), call.headers),
        retry: false,
      })
    }
    case 'AI_APICallError':
      return new UpstreamError('reset', `the connection to ${nameOf(call)} broke`)
    default:
      return new UpstreamError(
        'protocol',
        `the provider package of ${nameOf(call)} failed (${String(name ?? 'unknown')})`,
      )
  }
}

const nameOf = ({ target }: Call) => `the upstream '${target?.upstream.name}'`

/** Our own errors, which the packages wrap in theirs. */
function knownCause(error: unknown): Error | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (isKnownError(at)) return at
  return undefined
}

function told(
  headers: Readonly<Record<string, unknown>>,
  message: string,
  mask: (text: string) => string,
): Record<string, string> {
  const found = Object.entries(headers).filter(([name]) => TOLD.test(name))
  const kept = Object.fromEntries(found.map(([name, value]) => [name, mask(String(value))]))
  const [, amount, unit] = WAIT.exec(message) ?? []
  if (amount === undefined || kept['retry-after'] !== undefined) return kept
  const seconds = Number(amount) * { ms: 0.001, s: 1, m: 60 }[unit as 'ms' | 's' | 'm']
  return { ...kept, 'retry-after': String(Math.max(1, Math.ceil(seconds))) }
}

/** The provider named no numbers, and the client acts on numbers alone. An estimate below the window would contradict it. */
async function estimated(call: Call, estimate: EstimateTokens, window = 200_000): Promise<string> {
  const counted = await estimate(call)
  return tooLong(Math.max(counted, window + 1), window)
}
