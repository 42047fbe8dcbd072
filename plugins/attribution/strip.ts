import type { Edit } from '../../core/index.js'
import { type JsonNode, withoutItems, withoutMembers } from '../../core/kit.js'

/** How the line begins that Claude Code puts into a text of its own, the first of `system`. */
const LINE = 'x-anthropic-billing-header:'

interface Unwanted {
  readonly line: boolean
  readonly userId: boolean
}

interface Stripped {
  readonly edits: readonly Edit[]
  /** By their paths. */
  readonly removed: readonly string[]
}

/** What takes the billing line and the user's id out of a body, and what would be empty without them. */
export function withoutAttribution(body: JsonNode, { line, userId }: Unwanted): Stripped {
  const emptied = new Set<string>()
  const removed: string[] = []
  const edits: Edit[] = []
  const take = (name: string, what: string, inside: readonly Edit[] | 'all' | undefined) => {
    if (!inside) return
    removed.push(what)
    if (inside === 'all') emptied.add(name)
    else edits.push(...inside)
  }
  if (line) take('system', 'the billing line of system', withoutLine(body.get('system')))
  if (userId) take('metadata', 'metadata.user_id', withoutUserId(body.get('metadata')))
  // In one go, since two neighbours share a comma.
  if (emptied.size > 0) edits.push(...withoutMembers(body, (key) => emptied.has(key.string() ?? '')))
  return { edits, removed }
}

/** Undefined where there is no such line, `all` where there is nothing else. */
function withoutLine(system: JsonNode | undefined): Edit[] | 'all' | undefined {
  if (!system) return undefined
  if (system.isString) {
    const rest = behindLine(system)
    if (rest === undefined) return undefined
    return rest === '' ? 'all' : [replaced(system, rest)]
  }
  const blocks = system.items()
  const edits: Edit[] = []
  const gone = new Set<number>()
  blocks.forEach((block, i) => {
    const text = block.get('text')
    const rest = text && behindLine(text)
    if (rest === '') gone.add(i)
    else if (rest !== undefined) edits.push(replaced(text!, rest))
  })
  if (gone.size > 0 && gone.size === blocks.length) return 'all'
  edits.push(...withoutItems(system, (_, i) => gone.has(i)))
  return edits.length > 0 ? edits : undefined
}

/** What follows the line in a text that begins with it; undefined for any other text. */
function behindLine(text: JsonNode): string | undefined {
  if (!startsWithLine(text)) return undefined
  let rest = text.string()!
  while (rest.startsWith(LINE)) {
    const end = rest.indexOf('\n')
    rest = end < 0 ? '' : rest.slice(end).trimStart()
  }
  return rest
}

/** Looked at as it is spelt, so that a prompt of 100 kB is not decoded for it. */
function startsWithLine({ isString, raw }: JsonNode): boolean {
  return isString && raw.subarray(1, 1 + BYTES.length).equals(BYTES)
}

const BYTES = Buffer.from(LINE)

function replaced({ start, end }: JsonNode, text: string): Edit {
  return { start, end, text: JSON.stringify(text) }
}

function withoutUserId(metadata: JsonNode | undefined): Edit[] | 'all' | undefined {
  if (!metadata?.get('user_id')) return undefined
  const others = [...metadata.members()].filter(({ key }) => !key.is('user_id'))
  return others.length === 0 ? 'all' : withoutMembers(metadata, (key) => key.is('user_id'))
}
