import type { Edit } from '../../core/index.js'
import type { JsonNode } from '../../core/kit.js'

/**
 * Joins neighbours of the same role; no edits when there are none. Texts and blocks are joined as they stand, nothing is
 * decoded.
 *
 * `system` entries stay as they are and separate what is on their two sides: they are instructions for a
 * point in the conversation and carry fields of their own. So does a message whose content is neither text nor
 * blocks: what is wrong with it is for the upstream to say.
 */
export function mergeRoles(messages: readonly JsonNode[], roles: readonly string[]): Edit[] {
  const edits: Edit[] = []
  const joinsTheOneBefore = (i: number) =>
    roles[i] === roles[i - 1] &&
    roles[i] !== 'system' &&
    hasContent(messages[i - 1]!) &&
    hasContent(messages[i]!)
  for (let from = 0; from < messages.length; ) {
    let to = from + 1
    while (to < messages.length && joinsTheOneBefore(to)) to++
    if (to > from + 1) edits.push(...joined(messages.slice(from, to)))
    from = to
  }
  return edits
}

function hasContent(message: JsonNode): boolean {
  const content = message.get('content')
  return content !== undefined && (content.isString || content.isArray)
}

/** One message with the fields of the first: of two values for one field only one can stay. */
function joined(run: readonly JsonNode[]): Edit[] {
  const contents = run.map((message) => message.get('content')!)
  const first = contents[0]!
  return [
    { start: first.start, end: first.end, text: joinContents(contents) },
    { start: run[0]!.end, end: run.at(-1)!.end, text: '' },
  ]
}

/**
 * The strings before the first list become one text, as they do when no list follows: a conversation that goes on
 * with a list then begins with the same text as a turn before, which is what an upstream's prompt cache looks at.
 */
function joinContents(contents: readonly JsonNode[]): Buffer {
  const firstList = contents.findIndex((content) => content.isArray)
  if (firstList < 0) return joinTexts(contents)
  const texts = contents.slice(0, firstList)
  const blocks = contents.slice(firstList).map((c) => (c.isArray ? inside(c) : textBlock(c.raw)))
  if (texts.length > 0) blocks.unshift(textBlock(joinTexts(texts)))
  return Buffer.concat([
    OPEN,
    ...between(
      blocks.filter((block) => !isBlank(block)),
      COMMA,
    ),
    CLOSE,
  ])
}

const QUOTE = Buffer.from('"')
const BLANK_LINE = Buffer.from('\\n\\n')
const OPEN = Buffer.from('[')
const CLOSE = Buffer.from(']')
const COMMA = Buffer.from(',')

/** Strings are joined with their escapes, so a blank line between them is one in escapes. */
function joinTexts(texts: readonly JsonNode[]): Buffer {
  return Buffer.concat([QUOTE, ...between(texts.map(inside), BLANK_LINE), QUOTE])
}

function textBlock(text: Buffer): Buffer {
  return Buffer.concat([Buffer.from('{"type":"text","text":'), text, Buffer.from('}')])
}

/** The text between the quotes or the brackets. */
function inside(node: JsonNode): Buffer {
  return node.raw.subarray(1, -1)
}

function between(parts: readonly Buffer[], separator: Buffer): Buffer[] {
  return parts.flatMap((part, i) => (i === 0 ? [part] : [separator, part]))
}

function isBlank(text: Buffer): boolean {
  for (const byte of text) if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false
  return true
}
