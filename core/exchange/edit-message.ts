import type { Edit, JsonNode } from '../contract/json.js'
import type { Reply as ReplyContract } from '../contract/reply.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { applyEdits } from '../json/edit.js'
import { JsonNode as Node } from '../json/node.js'
import { Reply } from './reply.js'

/**
 * A JSON answer with splices in its message; other answers, and one without splices, stay as they are. Rejects with an UpstreamError
 * for an answer that can't be read.
 */
export async function editMessage(
  reply: ReplyContract,
  edit: (message: JsonNode) => readonly Edit[],
): Promise<ReplyContract> {
  const bytes = await reply.bytes()
  const message = parsed(bytes)
  const edits = message?.get('type')?.is('message') ? edit(message) : []
  if (edits.length === 0) return reply
  const { status, headers, cooldown } = reply
  const changed = { ...headers, 'content-length': undefined }
  return Reply.bytes(applyEdits(bytes, edits), { status, headers: changed, cooldown })
}

/** Real answers nest some ten deep. */
const DEPTH_LIMIT = 1_000

/** Undefined for what is not JSON. An answer that can't be read is an error: it could hold what is to be taken out. */
function parsed(bytes: Buffer): JsonNode | undefined {
  try {
    return Node.parse(bytes, DEPTH_LIMIT)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw new UpstreamError('protocol', `the upstream's answer nests deeper than ${DEPTH_LIMIT}`, {
      cause: error,
    })
  }
}
