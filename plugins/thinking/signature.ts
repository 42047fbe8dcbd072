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
  const node = signatureOf(block)
  return node?.isString === true && begins(node.raw, SEALED)
}

/**
 * Whether the signature of a thinking block can't be one that Claude made: missing, empty, no base64, a digest, a UUID or a
 * token of another provider. Claude's are good at each place that serves Claude (Anthropic, Bedrock, Vertex).
 */
export function isForeign(block: JsonNode): boolean {
  const node = signatureOf(block)
  if (!node?.isString) return true
  const { raw } = node
  const length = raw.length - 2
  if (length === 0 || begins(raw, FERNET) || !isOf(BASE64, raw, Math.min(length, LOOKED_AT))) return true
  return length >= SHORTEST_DIGEST && length <= LONGEST_DIGEST && isOf(HEX, raw, length)
}

/** Whether the text between the quotes begins with these bytes. */
function begins(raw: Buffer, bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (raw[i + 1] !== bytes[i]) return false
  return true
}

/** Whether so many bytes behind the quote are of a kind. Loops, since `every` calls a function for each byte of each signature. */
function isOf(kind: Uint8Array, raw: Buffer, length: number): boolean {
  for (let i = 1; i <= length; i++) if (kind[raw[i]!] === 0) return false
  return true
}

function signatureOf(block: JsonNode): JsonNode | undefined {
  return block.get(block.get('type')?.is('redacted_thinking') ? 'data' : 'signature')
}

function table(characters: string): Uint8Array {
  const bytes = new Uint8Array(256)
  for (const byte of Buffer.from(characters)) bytes[byte] = 1
  return bytes
}
