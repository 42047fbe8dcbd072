import type { Awaitable } from '../contract/awaitable.js'
import type { Reply } from '../contract/reply.js'
import { maskBytes, maskHeaders } from '../exchange/mask-key.js'
import { Reply as Replies } from '../exchange/reply.js'

/** No honest error body is larger; a body that broke off counts as empty, its status still counts. */
const ERROR_BODY_LIMIT = 1024 * 1024

/**
 * Upstreams have been seen to quote the key that they refuse, in the body and in headers. An error body is read whole; the
 * body of a good answer passes byte for byte.
 */
export function withoutSecrets(reply: Reply, secrets: readonly (string | undefined)[]): Awaitable<Reply> {
  let { headers } = reply
  for (const secret of secrets) headers = maskHeaders(headers, secret)
  if (!reply.ok) return errorWithout(reply.with({ headers }), secrets)
  return headers === reply.headers ? reply : reply.with({ headers })
}

async function errorWithout(reply: Reply, secrets: readonly (string | undefined)[]): Promise<Reply> {
  let bytes = await reply.bytes(ERROR_BODY_LIMIT).catch(() => Buffer.alloc(0))
  for (const secret of secrets) bytes = maskBytes(bytes, secret)
  const { status, headers } = reply
  return Replies.bytes(bytes, { status, headers: { ...headers, 'content-length': undefined } })
}
