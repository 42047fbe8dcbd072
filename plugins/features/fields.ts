import type { Edit, Span } from '../../core/index.js'
import { type JsonNode, withoutItems, withoutMembers } from '../../core/kit.js'

/** Fields of one object that go. */
interface Losses {
  readonly object: JsonNode
  readonly keys: Set<string>
  /** The object that holds it as a field, and by which name. */
  readonly holder?: readonly [Losses, string]
}

export interface Removed {
  readonly edits: readonly Edit[]
  readonly paths: readonly string[]
}

/**
 * Takes fields out of a body by their paths: `top_k`, `output_config.effort`, `tools[*].defer_loading`. An object that has
 * nothing else goes too, and so does a message that then says nothing. Never what the protocol demands.
 */
export function withoutFields(body: JsonNode, paths: readonly string[]): Removed {
  const found = new Map<number, Losses>()
  const at = (object: JsonNode, holder?: Losses['holder']): Losses => {
    const losses = found.get(object.start) ?? { object, keys: new Set<string>(), ...(holder && { holder }) }
    found.set(object.start, losses)
    return losses
  }
  const removed = paths.filter((path) => {
    const parts = path.split(/\.|(?=\[\*\])/)
    return !DEMANDED.has(path) && lose(at(body), parts, at)
  })
  if (removed.length === 0) return { edits: [], paths: [] }

  // From the inside out, so that what is emptied takes its holder along.
  const inner = [...found.values()].sort((a, b) => b.object.start - a.object.start)
  for (const { object, keys, holder } of inner)
    if (holder && keys.size > 0 && keys.size >= names(object).size) holder[0].keys.add(holder[1])

  const messages = body.get('messages')
  const silent = (message: JsonNode) =>
    found.get(message.start)?.keys.has('output_config') === true && !message.get('content')
  const edits: Edit[] = messages ? withoutItems(messages, silent) : []
  const gone = edits.length > 0 ? messages!.items().filter(silent) : []
  const covered = outermost([...gone, ...inner.flatMap(({ object, keys }) => valuesOf(object, keys))])
  let next = 0
  for (const { object, keys } of inner.reverse()) {
    if (keys.size === 0) continue
    while (next < covered.length && covered[next]!.end <= object.start) next++
    const around = covered[next]
    if (around && around.start <= object.start && object.end <= around.end) continue
    for (const edit of withoutMembers(object, (key) => keys.has(key.string() ?? ''))) edits.push(edit)
  }
  return { edits, paths: removed }
}

function valuesOf(object: JsonNode, keys: ReadonlySet<string>): Span[] {
  if (keys.size === 0) return []
  return [...object.members()].flatMap(({ key, value }) => (keys.has(key.string() ?? '') ? [value] : []))
}

/** Those that lie in no other, in order: two of one text lie apart or inside of each other. */
function outermost(spans: readonly Span[]): Span[] {
  const found: Span[] = []
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end))
    if (span.start >= (found.at(-1)?.end ?? 0)) found.push(span)
  return found
}

/** Without them there is no request. */
const DEMANDED = new Set(['model', 'messages', 'messages[*].role', 'messages[*].content'])

/** Notes that the field at the end of a path goes; false where there is none. */
function lose(
  losses: Losses,
  [part, ...rest]: readonly string[],
  at: (object: JsonNode, holder?: Losses['holder']) => Losses,
): boolean {
  if (part === undefined) return false
  const value = losses.object.get(part)
  if (!value) return false
  if (rest.length === 0) {
    losses.keys.add(part)
    return true
  }
  if (rest[0] !== '[*]') return value.isObject && lose(at(value, [losses, part]), rest, at)
  const behind = rest.slice(1)
  // `filter`, since each of them has to be looked at.
  return value.items().filter((item) => item.isObject && lose(at(item), behind, at)).length > 0
}

function names(object: JsonNode): Set<string> {
  return new Set([...object.members()].map(({ key }) => key.string() ?? ''))
}
