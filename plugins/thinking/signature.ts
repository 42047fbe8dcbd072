import { type JsonNode, SEAL } from '../../core/kit.js'

/** As much of a signature as is looked at: those that are none of Claude's show it early, and real ones have kilobytes. */
const LOOKED_AT = 64
/** Up to here a signature of hexadecimal digits alone is a digest or an id. */
const LONGEST_DIGEST = 128
const SHORTEST_DIGEST = 32

const BASE64 = table('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=')
const HEX = table('0123456789abcdefABCDEF')
const SEALED = Buffer.from(SEAL)
/** OpenAI's encrypted reasoning is a Fernet token: version 0x80 and a time. */
const FERNET = Buffer.from('gAAAA')

/** Whether a thinking block was sealed by agproxy for a provider behind another protocol. */
export function isSealed(block: JsonNode): boolean {
  const text = signatureOf(block)
  return text?.isString === true && inside(text).subarray(0, SEALED.length).equals(SEALED)
}

/**
 * Whether the signature of a thinking block can't be one that Claude made: missing, empty, no base64, a digest, a UUID or a
 * token of another provider. Claude's are good at each place that serves Claude (Anthropic, Bedrock, Vertex).
 */
export function isForeign(block: JsonNode): boolean {
  const node = signatureOf(block)
  if (!node?.isString) return true
  const text = inside(node)
  if (text.length === 0 || text.subarray(0, FERNET.length).equals(FERNET)) return true
  const start = text.subarray(0, LOOKED_AT)
  if (!start.every((byte) => BASE64[byte])) return true
  return text.length >= SHORTEST_DIGEST && text.length <= LONGEST_DIGEST && text.every((byte) => HEX[byte])
}

function signatureOf(block: JsonNode): JsonNode | undefined {
  return block.get(block.get('type')?.is('redacted_thinking') ? 'data' : 'signature')
}

/** The text between the quotes. */
function inside({ raw }: JsonNode): Buffer {
  return raw.subarray(1, -1)
}

function table(characters: string): Uint8Array {
  const bytes = new Uint8Array(256)
  for (const byte of Buffer.from(characters)) bytes[byte] = 1
  return bytes
}
