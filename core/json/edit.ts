import type { JsonNode, Span } from './node.js'

/** Bytes to put in the place of a range; an empty text takes it out. Ranges of one list never overlap. */
export interface Edit extends Span {
  readonly text: string | Buffer
}

/** The text with all edits made: what lies between them is copied as it is. */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(bytes.subarray(from, start), typeof text === 'string' ? Buffer.from(text) : text)
    from = end
  }
  parts.push(bytes.subarray(from))
  return Buffer.concat(parts)
}

/**
 * Takes fields out of an object, with the commas that would be left over. All of one object must go in one call, since two
 * neighbours share a comma.
 */
export function withoutMembers(object: JsonNode, unwanted: (key: JsonNode) => boolean): Edit[] {
  const members = [...object.members()]
  const keep = members.map(({ key }) => !unwanted(key))
  if (!keep.includes(false)) return []
  const firstKept = keep.indexOf(true)
  if (firstKept < 0) return [{ start: object.start + 1, end: object.end - 1, text: '' }]
  const edits: Edit[] = []
  members.forEach(({ key, value }, i) => {
    if (keep[i]) return
    // Before the first that stays: up to the next field. After it: from the end of the field before.
    if (i < firstKept) edits.push({ start: key.start, end: members[i + 1]!.key.start, text: '' })
    else edits.push({ start: members[i - 1]!.value.end, end: value.end, text: '' })
  })
  return edits
}
