import type { Edit, JsonNode, Span } from '../contract/json.js'
import type { Kept } from './reuse.js'

/** The text with all edits made: what lies between them is copied as it is. */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  return splice(bytes, edits).bytes
}

export interface Spliced {
  readonly bytes: Buffer
  /** Where what lies between the edits is now. */
  readonly kept: readonly Kept[]
}

/** The same, with the parts that were copied. */
export function splice(bytes: Buffer, edits: readonly Edit[]): Spliced {
  const parts: Buffer[] = []
  const kept: Kept[] = []
  let length = 0
  const add = (part: Buffer) => {
    parts.push(part)
    length += part.length
  }
  const keep = (from: number, to: number) => {
    if (to <= from) return
    kept.push({ from: length, to: length + to - from, shift: length - from })
    add(bytes.subarray(from, to))
  }
  let from = 0
  for (const { start, end, text } of inOrder(edits)) {
    keep(from, start)
    add(typeof text === 'string' ? Buffer.from(text) : text)
    from = end
  }
  keep(from, bytes.length)
  return { bytes: Buffer.concat(parts, length), kept }
}

/** In the order of their positions; of two at one place the earlier in the list comes first. */
export function inOrder(edits: readonly Edit[]): Edit[] {
  return [...edits].sort((a, b) => a.start - b.start)
}

/**
 * Takes fields out of an object, with the commas that would be left over. All of one object must go in one call, since two
 * neighbours share a comma.
 */
export function withoutMembers(object: JsonNode, unwanted: (key: JsonNode) => boolean): Edit[] {
  const members = [...object.members()]
  const spans = members.map(({ key, value }) => ({ start: key.start, end: value.end }))
  return without(
    object,
    spans,
    members.map(({ key }) => !unwanted(key)),
  )
}

/** Takes items out of an array, by the same rules. */
export function withoutItems(array: JsonNode, unwanted: (item: JsonNode, index: number) => boolean): Edit[] {
  const items = array.items()
  return without(
    array,
    items,
    items.map((item, i) => !unwanted(item, i)),
  )
}

/** Puts items into an array, before the one that is at `index` now. All at one place must go in one call. */
export function addedItems(array: JsonNode, index: number, added: readonly (string | Buffer)[]): Edit[] {
  if (added.length === 0) return []
  const items = array.items()
  const before = items[index - 1]
  const start = before?.end ?? array.start + 1
  const texts = between(added)
  if (before) texts.unshift(COMMA)
  else if (items.length > 0) texts.push(COMMA)
  return [{ start, end: start, text: Buffer.concat(texts) }]
}

/** The text of an array, from those of its items. */
export function arrayOf(items: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat([Buffer.from('['), ...between(items), Buffer.from(']')])
}

const COMMA = Buffer.from(',')

function between(parts: readonly (string | Buffer)[]): Buffer[] {
  return parts.flatMap((part, i) => {
    const text = typeof part === 'string' ? Buffer.from(part) : part
    return i === 0 ? [text] : [COMMA, text]
  })
}

function without(container: Span, parts: readonly Span[], keep: readonly boolean[]): Edit[] {
  if (!keep.includes(false)) return []
  const firstKept = keep.indexOf(true)
  if (firstKept < 0) return [{ start: container.start + 1, end: container.end - 1, text: '' }]
  const edits: Edit[] = []
  parts.forEach(({ start, end }, i) => {
    if (keep[i]) return
    // Before the first that stays: up to the next part. After it: from the end of the part before.
    if (i < firstKept) edits.push({ start, end: parts[i + 1]!.start, text: '' })
    else edits.push({ start: parts[i - 1]!.end, end, text: '' })
  })
  return edits
}
