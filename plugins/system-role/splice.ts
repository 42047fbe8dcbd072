import type { Edit } from '../../core/index.js'
import { addedItems, arrayOf, type JsonNode } from '../../core/kit.js'
import { isText } from './blocks.js'

/** What adds items at the end of lists at the top level of a body; a text becomes the first block of its list. */
export function appended(body: JsonNode, lists: readonly (readonly [string, readonly Buffer[]])[]): Edit[] {
  const edits: Edit[] = []
  const missing: Buffer[] = []
  for (const [name, added] of lists) {
    if (added.length === 0) continue
    const list = body.get(name)
    if (!list) missing.push(Buffer.concat([Buffer.from(`,"${name}":`), arrayOf(added)]))
    else if (list.isArray) {
      edits.push(...addedItems(list, list.items().length, added))
    } else {
      const own = isText(list)
        ? [Buffer.concat([Buffer.from('{"type":"text","text":'), list.raw, Buffer.from('}')])]
        : []
      edits.push({ start: list.start, end: list.end, text: arrayOf([...own, ...added]) })
    }
  }
  const end = body.end - 1
  if (missing.length > 0) edits.push({ start: end, end, text: Buffer.concat(missing) })
  return edits
}
