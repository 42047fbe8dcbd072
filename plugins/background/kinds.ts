import type { Call } from '../../core/index.js'
import type { JsonNode } from '../../core/kit.js'

/** What a client asks for beside the conversation. `other`: it says so itself, and not what it is. */
export type Kind = 'title' | 'topic' | 'probe' | 'other'

/** How system prompts of Claude Code begin, word for word: 2.1.126 to 2.1.169, and 1.0 to 2.0. */
const TITLE =
  'Generate a concise, sentence-case title (3-7 words) that captures the main topic or goal of this coding session.'
const TOPIC =
  'Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title that captures the new topic. Format your response as a JSON object with two fields:'
/** What Claude Code says to see whether a key and its limits are good: with `max_tokens: 1` alone. */
const PROBES = ['quota', 'Hi']

/** No real prompt is short: what is longer than this is not looked at. */
const LONGEST = 64 * 1024

/**
 * What a request is for, by the client's own hint first and by exact shapes of known versions second; undefined for the
 * conversation itself. Loose words are no sign: a user may well ask for a title.
 */
export function kindOf(call: Call): Kind | undefined {
  const hint = call.header('x-claude-code-request-class')
  if (hint !== undefined && hint !== 'auxiliary') return undefined
  return shapeOf(call) ?? (hint === 'auxiliary' ? 'other' : undefined)
}

function shapeOf({ tree, bytes }: Call): Kind | undefined {
  if (bytes.length > LONGEST || (tree.get('tools')?.items().length ?? 0) > 0) return undefined
  const messages = tree.get('messages')!.items()
  if (messages.length === 1 && isProbe(tree, messages[0]!)) return 'probe'
  const system = lastText(tree.get('system'))
  if (system?.startsWith(TITLE) && messages.length === 1 && wantsTitle(tree)) return 'title'
  return system?.startsWith(TOPIC) && messages.length <= 2 ? 'topic' : undefined
}

function isProbe(tree: JsonNode, message: JsonNode): boolean {
  const content = message.get('content')
  const isShortest = tree.get('max_tokens')?.raw.equals(ONE) === true
  return (
    isShortest &&
    !tree.get('system') &&
    PROBES.some((word) => content?.is(word) || lastText(content) === word)
  )
}
const ONE = Buffer.from('1')

/** The answer's schema has the title alone. */
function wantsTitle(tree: JsonNode): boolean {
  const schema = tree.get('output_config')?.get('format')?.get('schema')
  const properties = [...(schema?.get('properties')?.members() ?? [])]
  return schema === undefined || (properties.length === 1 && properties[0]!.key.is('title'))
}

/** The text of content that is one, or of its last block. Before it stand the billing line and "You are Claude Code". */
export function lastText(content: JsonNode | undefined): string | undefined {
  if (content?.isString) return content.string()
  const block = content?.items().at(-1)
  return block?.get('type')?.is('text') ? block.get('text')?.string() : undefined
}
