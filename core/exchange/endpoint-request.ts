import type { CallHead, RouteName } from '../contract/call.js'
import type { EndpointRequest } from '../contract/endpoint.js'
import type { Headers } from '../contract/http.js'
import type { ExchangeRecord } from '../contract/record.js'
import { GatewayError } from '../errors/gateway-errors.js'

/** A request's head with its body. */
export class ChainEndpointRequest implements EndpointRequest {
  readonly id: string
  readonly route: RouteName
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Headers
  readonly params: Readonly<Record<string, string>>
  readonly record: ExchangeRecord
  readonly #head: CallHead

  constructor(
    head: CallHead,
    readonly bytes: Buffer,
  ) {
    this.id = head.id
    this.route = head.route
    this.method = head.method
    this.path = head.path
    this.query = head.query
    this.headers = head.headers
    this.params = head.params
    this.record = head.record
    this.#head = head
  }

  get signal(): AbortSignal {
    return this.#head.signal
  }

  json<T = unknown>(): T {
    try {
      return JSON.parse(this.bytes.toString('utf8')) as T
    } catch {
      throw new GatewayError('invalid_request_error', 'the body is not valid JSON', {
        code: 'AGP_BODY_INVALID',
        retry: false,
      })
    }
  }
}
