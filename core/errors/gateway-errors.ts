import { type ErrorType, statusOfType } from './api-errors.js'
import type { ErrorCode } from './codes.js'

/**
 * The three errors that mean something to the gateway. They are recognised by brand, not by `instanceof`: the
 * loader of a config, the tests and the build can each hold their own copy of this module.
 */
const brand = Symbol.for('agproxy.error')

type Kind = 'gateway' | 'upstream' | 'plugin' | 'gone' | 'reported'

class BrandedError<Code extends string = ErrorCode> extends Error {
  readonly [brand]: Kind
  /** Stays when the words change; docs/errors.md lists them all. */
  readonly code: Code
  constructor(kind: Kind, code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this[brand] = kind
    this.code = code
  }
}

function isKind(error: unknown, kind: Kind): boolean {
  return (error as { [brand]?: Kind } | null | undefined)?.[brand] === kind
}

export interface GatewayErrorInit {
  /** One of agproxy's, or of your own. Default: `AGP_REFUSED`. */
  code?: ErrorCode | (string & {})
  /** Overrides the status that belongs to the type. */
  status?: number
  headers?: Record<string, string>
  /** `false` adds `x-should-retry: false`: sending the same request again can't help. */
  retry?: boolean
  cause?: unknown
}

/** An answer in the form of a throw: the client gets `message`, so it must say what to do and hold no secret. */
export class GatewayError extends BrandedError<ErrorCode | (string & {})> {
  readonly type: ErrorType
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(type: ErrorType, message: string, init: GatewayErrorInit = {}) {
    super('gateway', init.code ?? 'AGP_REFUSED', message, { cause: init.cause })
    this.name = 'GatewayError'
    this.type = type
    this.status = init.status ?? statusOfType(type)
    this.headers =
      init.retry === false ? { ...init.headers, 'x-should-retry': 'false' } : (init.headers ?? {})
  }

  static is(error: unknown): error is GatewayError {
    return isKind(error, 'gateway')
  }
}

/** What went wrong on the way to or from an upstream, before it gave an answer that could be relayed. */
export type UpstreamFailure =
  | 'connect' // refused, DNS, TLS, connect timeout: nothing was sent
  | 'reset' // the connection broke
  | 'timeout' // silent for longer than allowed
  | 'protocol' // what came is not what the protocol allows
  | 'shape' // an answer of another kind: a web page, another API's; asked again, the upstream says the same
  | 'truncated' // a stream that ended without message_stop
  | 'error-event' // `event: error` inside a stream

const UPSTREAM_CODES: Readonly<Record<UpstreamFailure, ErrorCode>> = {
  connect: 'AGP_UPSTREAM_CONNECT',
  reset: 'AGP_UPSTREAM_RESET',
  timeout: 'AGP_UPSTREAM_TIMEOUT',
  protocol: 'AGP_UPSTREAM_PROTOCOL',
  shape: 'AGP_UPSTREAM_SHAPE',
  truncated: 'AGP_UPSTREAM_TRUNCATED',
  'error-event': 'AGP_UPSTREAM_ERROR_EVENT',
}

/** No usable answer came from the upstream. `retry-rotate` may try another account; nothing else retries. */
export class UpstreamError extends BrandedError {
  readonly failure: UpstreamFailure
  /** The status to answer with when nothing else helps. */
  readonly status: number
  readonly type: ErrorType
  /** For the operator's log alone: words of foreign code, secrets masked. */
  readonly detail: string | undefined

  constructor(
    failure: UpstreamFailure,
    message: string,
    init: { status?: number; type?: ErrorType; cause?: unknown; detail?: string } = {},
  ) {
    super('upstream', UPSTREAM_CODES[failure], message, { cause: init.cause })
    this.detail = init.detail
    this.name = 'UpstreamError'
    this.failure = failure
    this.type = init.type ?? (failure === 'timeout' ? 'timeout_error' : 'api_error')
    this.status = init.status ?? (failure === 'timeout' ? 504 : 502)
  }

  static is(error: unknown): error is UpstreamError {
    return isKind(error, 'upstream')
  }
}

/**
 * A plugin threw. Wrapped once, where it left the plugin. The message goes to the client, so it names the plugin and
 * the hook and nothing of the cause, which is for the log.
 */
export class PluginError extends BrandedError {
  readonly plugin: string
  readonly hook: string

  constructor(plugin: string, hook: string, cause: unknown) {
    super('plugin', 'AGP_PLUGIN_FAILED', `plugin '${plugin}' failed in ${hook}`, { cause })
    this.name = 'PluginError'
    this.plugin = plugin
    this.hook = hook
  }

  static is(error: unknown): error is PluginError {
    return isKind(error, 'plugin')
  }
}

/** The client went away; there is no one left to answer. */
export class ClientGoneError extends BrandedError {
  constructor() {
    super('gone', 'AGP_CLIENT_GONE', 'the client has gone')
    this.name = 'ClientGoneError'
  }

  static is(error: unknown): error is ClientGoneError {
    return isKind(error, 'gone')
  }
}

/** The end of a stream whose last event reported `cause` to the client: it ends cleanly, and the reason is logged. */
export class ReportedError extends BrandedError<string> {
  constructor(cause: unknown) {
    super('reported', codeOf(cause), 'the client was told by an event', { cause })
    this.name = 'ToldError'
  }

  static is(error: unknown): error is ReportedError {
    return isKind(error, 'reported')
  }
}

/** Whether the stream's last event has reported this error to the client: it ends cleanly, and the reason is logged. */
export function isReported(error: unknown): boolean {
  return ReportedError.is(error)
}

/** Errors of agproxy's own kinds pass through the layers of the chain as they are; any other is a plugin's fault. */
export function isKnownError(error: unknown): boolean {
  return (error as { [brand]?: Kind } | null | undefined)?.[brand] !== undefined
}

/** The code of one of agproxy's errors; `AGP_INTERNAL` for any other. */
export function codeOf(error: unknown): string {
  return isKnownError(error) ? (error as BrandedError<string>).code : 'AGP_INTERNAL'
}

/** What the log may hold of an error: the words of an upstream may quote the prompt, so its type and status replace them. */
export function loggable(error: unknown): string {
  const cause = (error as { cause?: unknown } | undefined)?.cause
  const said = UpstreamError.is(error) ? error : UpstreamError.is(cause) ? cause : undefined
  if (said?.failure === 'error-event') return `the upstream reported ${said.type} (${said.status})`
  return error instanceof Error ? error.message : String(error)
}
