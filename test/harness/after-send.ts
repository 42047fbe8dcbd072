import type { Chain } from '../../core/chain/compose.js'
import { answerFrom, type EndpointTable } from '../../core/chain/endpoints.js'
import type { Call } from '../../core/contract/call.js'
import type { Endpoint } from '../../core/contract/endpoint.js'
import type { Headers } from '../../core/contract/http.js'
import type { Ending } from '../../core/contract/record.js'
import type { Reply } from '../../core/contract/reply.js'
import { ChainEndpointRequest } from '../../core/exchange/endpoint-request.js'
import type { ExchangeRecord } from '../../core/exchange/record.js'
import { makeCall } from './values.js'

export interface EndpointInit {
  /** With its `?`. */
  readonly query?: string
  readonly headers?: Headers
  /** Bytes, or a value that is sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** What `mount` and `testChain` do beside sending. */
export interface AfterSend {
  /** Calls an endpoint, as if its access had been granted. Rejects with a TypeError for a path that no plugin has. */
  request(method: Endpoint['method'], path: string, init?: EndpointInit): Promise<Reply>
  /** Runs `onFinish` as after the call's last byte; `send` takes a call of `makeCall`. Rejects with a PluginError. */
  finish(call: Call, status?: number, ending?: Ending): Promise<void>
}

export function afterSend(chain: Chain, endpoints: EndpointTable): AfterSend {
  return {
    async finish(call, status = 200, ending = 'complete') {
      const record = (call.record as ExchangeRecord).finish(status, ending)
      await chain.finish(record, call, (error) => {
        throw error
      })
    },
    async request(method, path, { query = '', headers = {}, body, signal } = {}) {
      const match = endpoints.find(method, path)
      if (!match?.found) throw new TypeError(`no plugin has an endpoint ${method} ${path}`)
      const { found, params } = match
      const init = { route: 'endpoint', method, path, query, headers, params } as const
      const head = makeCall({}, { ...init, ...(signal && { signal }) })
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body))
      return answerFrom(found, new ChainEndpointRequest(head, bytes))
    },
  }
}
