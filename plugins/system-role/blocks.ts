import type { JsonNode } from '../../core/kit.js'

/** Directives of a `system` entry that are no text: the tools that they name or define are in `tools`, or go there. */
const DIRECTIVES = new Set(['tool_addition', 'tool_removal'])

/**
 * What a `system` entry says, as blocks for another place; empty texts are left out. Texts in a row are one text, between
 * `around`: a client that sends an entry as a list of one text first and as a string later gets the same block both times.
 */
export function blocksOf(entry: JsonNode, around: readonly [string, string] = ['', '']): Buffer[] {
  const content = entry.get('content')
  if (!content) return []
  if (content.isString) return textBlock([content], undefined, around)
  const blocks: Buffer[] = []
  let texts: JsonNode[] = []
  let mark: JsonNode | undefined
  const flush = () => {
    blocks.push(...textBlock(texts, mark, around))
    texts = []
    mark = undefined
  }
  for (const block of content.items()) {
    const type = block.get('type')?.string() ?? ''
    const text = type === 'text' ? block.get('text') : undefined
    if (text?.isString) {
      texts.push(text)
      mark = block.get('cache_control') ?? mark
    } else if (!DIRECTIVES.has(type)) {
      flush()
      blocks.push(block.raw)
    }
  }
  flush()
  return blocks
}

/** A text that is not empty. */
export function isText(node: JsonNode): boolean {
  return node.isString && node.end - node.start > 2
}

/** Copied with their escapes, so the blank line between two is one in escapes. */
function textBlock(
  texts: readonly JsonNode[],
  mark: JsonNode | undefined,
  [before, after]: readonly [string, string],
): Buffer[] {
  const said = texts.filter(isText).map(({ raw }) => raw.subarray(1, -1))
  if (said.length === 0) return []
  // What the client itself has put into a reminder needs no second one.
  const isReminder = said[0]!.subarray(0, TAG.length).equals(TAG)
  const parts = said.flatMap((text, i) => (i === 0 ? [text] : [BLANK_LINE, text]))
  return [
    Buffer.concat([
      Buffer.from(`{"type":"text","text":"${isReminder ? '' : before}`),
      ...parts,
      Buffer.from(`${isReminder ? '' : after}"`),
      ...(mark ? [Buffer.from(',"cache_control":'), mark.raw] : []),
      Buffer.from('}'),
    ]),
  ]
}

const TAG = Buffer.from('<system-reminder>')
const BLANK_LINE = Buffer.from('\\n\\n')

/** Tools that entries define by value and that `tools` does not have, each once, in their order. */
export function definitionsIn(entries: readonly JsonNode[], tools: JsonNode | undefined): Buffer[] {
  const known = new Set((tools?.items() ?? []).map((tool) => tool.get('name')?.string()))
  const found: Buffer[] = []
  for (const entry of entries) {
    for (const block of entry.get('content')?.items() ?? []) {
      const tool = block.get('type')?.is('tool_addition') ? block.get('tool') : undefined
      const definition = tool?.get('type')?.is('tool_definition') ? tool.get('definition') : undefined
      const name = definition?.get('name')?.string()
      if (!definition || known.has(name)) continue
      known.add(name)
      found.push(definition.raw)
    }
  }
  return found
}
