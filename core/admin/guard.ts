import type { Headers } from '../contract/http.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { KeyRing, presentedKeys } from '../exchange/client-keys.js'
import { foreignSource } from '../exchange/foreign-source.js'

/** Throws unless the headers are those of somebody who may operate the gateway. */
export type AdminGuard = (headers: Headers) => void

export interface AdminDoor {
  readonly key: string | undefined
  /** Only this machine can reach the gateway, so that a foreign `Host` or `Origin` is a web page's. */
  readonly loopback: boolean
  /** Host names besides localhost by which it may be called. */
  readonly allowedHosts: readonly string[]
}

/**
 * Lets in who may operate the gateway. The admin key is separate from client keys: a client may not
 * see accounts or change their state. Without an admin key all are refused, on any address.
 */
export function adminGuard({ key, loopback, allowedHosts }: AdminDoor): AdminGuard {
  const ring = new KeyRing(key === undefined ? [] : [key])
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()))
  return (headers) => {
    const source = loopback ? foreignSource(headers, allowed) : undefined
    if (source !== undefined) {
      const message = `refused: ${source} is not this machine, and web pages may not operate the local gateway`
      throw new GatewayError('permission_error', message, { code: 'AGP_FOREIGN_ORIGIN', retry: false })
    }
    if (ring.empty) {
      const message =
        'these routes want an admin key and there is none: set AGPROXY_ADMIN_KEY or server.adminKey'
      throw new GatewayError('permission_error', message, { code: 'AGP_NO_ADMIN_KEY', retry: false })
    }
    if (ring.holdsAny(presentedKeys(headers))) return
    const message =
      'send the admin key in Authorization or x-api-key: AGPROXY_ADMIN_KEY, server.adminKey, or the file admin-key in the state folder'
    throw new GatewayError('authentication_error', message, { code: 'AGP_ADMIN_KEY', retry: false })
  }
}
