import { randomFillSync } from 'node:crypto'

const BYTES = 12
/** Random bytes are drawn for some hundred ids at once: asking for 12 costs nearly as much as asking for 4,096. */
const pool = Buffer.alloc(BYTES * 341)
let at = pool.length

/** `req_` and 24 characters. */
export function requestId(): string {
  if (at === pool.length) {
    randomFillSync(pool)
    at = 0
  }
  at += BYTES
  return `req_${pool.toString('hex', at - BYTES, at)}`
}
