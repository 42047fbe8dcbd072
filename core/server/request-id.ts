import { randomUUID } from 'node:crypto'

/** From `randomUUID`, which draws its random bytes in bulk: a tenth of what `randomBytes` costs a call. */
export function requestId(): string {
  return `req_${randomUUID().replaceAll('-', '').slice(0, 24)}`
}
