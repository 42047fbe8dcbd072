import type { Headers } from '../contract/http.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { KeyRing, presentedKeys } from '../exchange/client-keys.js'

/**
 * Lets in who may operate the gateway. The admin key is one of its own: whoever may send requests may not for that reason
 * see accounts or change their state. Without one configured nobody may, on whatever address.
 */
export function requireAdmin(headers: Headers, adminKey: string | undefined): void {
  if (adminKey === undefined) {
    const message =
      'these routes want an admin key and none is configured: set AGPROXY_ADMIN_KEY or server.adminKey'
    throw new GatewayError('permission_error', message, { code: 'AGP_NO_ADMIN_KEY', retry: false })
  }
  if (new KeyRing([adminKey]).holdsAny(presentedKeys(headers))) return
  const message = 'send the admin key (AGPROXY_ADMIN_KEY, server.adminKey) in Authorization or x-api-key'
  throw new GatewayError('authentication_error', message, { code: 'AGP_ADMIN_KEY', retry: false })
}
