import { GatewayError } from '../errors/gateway-errors.js'
import type { Spliced } from '../json/edit.js'
import { type JsonNode, TapeNode } from '../json/node.js'
import { NestingError, ValueCountError } from '../json/scan.js'

/** What a client's body may be made of: work on it is linear in these, and they bound its memory. */
export interface BodyLimits {
  readonly depthLimit: number
  /** JSON values, keys of objects among them. */
  readonly valueLimit: number
  readonly messageLimit: number
}

/** Where the server sets none; see `serverSchema`. */
export const DEFAULT_LIMITS: BodyLimits = { depthLimit: 200, valueLimit: 1_000_000, messageLimit: 100_000 }
/** For what the gateway's own edits make of a body that kept to them. */
export const UNLIMITED: BodyLimits = {
  depthLimit: Number.POSITIVE_INFINITY,
  valueLimit: Number.POSITIVE_INFINITY,
  messageLimit: Number.POSITIVE_INFINITY,
}

/** It comes back in log lines and, percent-encoded, in headers, and is matched against patterns. */
const MODEL_NAME = /^\P{Cc}{1,256}$/u

/** The offsets of everything in the bytes of a Messages request. Throws a 400 for bytes that are none. */
export function parseBody(bytes: Buffer, limits: BodyLimits): TapeNode {
  if (bytes.length === 0) throw bad('the request has no body: send a JSON object with `model` and `messages`')
  const { depthLimit, valueLimit } = limits
  return checked(
    indexed(() => TapeNode.parse(bytes, depthLimit, valueLimit), bytes, limits),
    limits,
  )
}

/** The same for what the gateway's edits made of a body that is one. */
export function splicedBody(before: TapeNode, { bytes, kept }: Spliced): TapeNode {
  return checked(
    indexed(() => before.spliced(bytes, kept), bytes, UNLIMITED),
    UNLIMITED,
  )
}

function indexed(index: () => TapeNode, bytes: Buffer, { depthLimit, valueLimit }: BodyLimits): TapeNode {
  try {
    return index()
  } catch (error) {
    if (error instanceof NestingError)
      throw bad(`the body nests deeper than server.depthLimit (${depthLimit})`)
    if (error instanceof ValueCountError)
      throw bad(`the body has more JSON values and keys than server.valueLimit (${valueLimit})`)
    if (error instanceof SyntaxError) throw bad(`the body is not valid JSON: ${reason(bytes)}`)
    throw new GatewayError(
      'api_error',
      `the gateway could not read the body (${(error as Error).message}): its machine or ulimit leaves it too little memory`,
      { code: 'AGP_OUT_OF_MEMORY', cause: error },
    )
  }
}

/** V8 says better than we do what is wrong, but quotes the text around it, which is the conversation. */
function reason(bytes: Buffer): string {
  try {
    JSON.parse(bytes.toString('utf8'))
    return 'it can not be read'
  } catch (error) {
    return (error as Error).message.replace(/, (\.{3})?".*$/s, '')
  }
}

function checked(tree: TapeNode, { messageLimit }: BodyLimits): TapeNode {
  if (!tree.isObject) throw bad(`the body must be a JSON object, found ${kindOf(tree)}`)
  const model = tree.get('model')
  if (!model?.isString || model.is('')) throw bad(`model: ${missing(model, 'a string')}`)
  if (!MODEL_NAME.test(model.string()!))
    throw bad('model: Input should be at most 256 characters, none of them a control character')
  const messages = tree.get('messages')
  if (!messages?.isArray) throw bad(`messages: ${missing(messages, 'an array')}`)
  const items = messages.items()
  if (items.length > messageLimit)
    throw bad(`messages: found ${items.length}, and server.messageLimit is ${messageLimit}`)
  const wrong = items.findIndex((message) => !message.get('role')?.isString)
  if (wrong >= 0) throw bad(`messages.${wrong}: must be an object with \`role\` and \`content\``)
  return tree
}

/** In words: what was found instead may be the conversation, and these messages go into the log. */
function kindOf(node: JsonNode): string {
  if (node.isArray) return 'an array'
  if (node.isObject) return 'an object'
  if (node.is('')) return 'an empty string'
  const value = node.value()
  return value === null ? 'null' : `a ${typeof value}`
}

function missing(node: JsonNode | undefined, wanted: string): string {
  if (!node) return 'Field required'
  return `Input should be ${wanted}, found ${kindOf(node)}`
}

function bad(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message, { code: 'AGP_BODY_INVALID', retry: false })
}
