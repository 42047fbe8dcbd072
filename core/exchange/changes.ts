import type { Call } from '../contract/call.js'
import type { Change, ShownChanges } from '../contract/change.js'
import type { Headers } from '../contract/http.js'
import type { JsonNode } from '../contract/json.js'
import { RequestCall } from './call.js'
import { EditChanges } from './edit-changes.js'
import { isPlainHeader } from './plain-headers.js'
import { RequestBody } from './request-body.js'
import { Display } from './shown-value.js'
import { treeChanges } from './tree-changes.js'

/** Changes listed for two calls; one more says that there are others. */
const MOST = 50

/**
 * What became of a call between two places of the chain. What both share costs a comparison of references; splices are
 * listed as they are; only bodies that were replaced as a whole are compared.
 */
export function changesBetween(before: Call, after: Call, shown: ShownChanges = {}): readonly Change[] {
  return before === after ? NONE : changesOfViews(viewOf(before), viewOf(after), shown)
}

/** What a comparison needs of a call. A call holds its request too, with its connection and its gateway. */
export interface CallView extends Pick<Call, 'headers' | 'query' | 'limits' | 'preference'> {
  /** Undefined for a call of another copy of the package. */
  readonly body: RequestBody | undefined
  /** Of its target. */
  readonly attempt: number | undefined
}

export function viewOf(call: Call): CallView {
  const { headers, query, limits, preference, target } = call
  return { body: RequestCall.bodyOf(call), headers, query, limits, preference, attempt: target?.attempt }
}

/** The same of two views. */
export function changesOfViews(before: CallView, after: CallView, shown: ShownChanges): readonly Change[] {
  const changes: Change[] = []
  const display = new Display(shown.texts ?? false)
  const { body: from } = before
  const { body: to } = after
  if (from && to && from !== to) changes.push(...bodyChanges(from, to, display))
  if (before.headers !== after.headers) changes.push(...headerChanges(before.headers, after.headers))
  const plain = (path: string, a: unknown, b: unknown) => {
    if (a === b) return
    const change = {
      path,
      ...(a !== undefined && { before: text(a) }),
      ...(b !== undefined && { after: text(b) }),
    }
    if (change.before !== change.after) changes.push(change)
  }
  plain('query', before.query, after.query)
  plain('limits', before.limits, after.limits)
  plain('preference', before.preference, after.preference)
  if (changes.length <= MOST) return changes
  return [...changes.slice(0, MOST), { path: '…', after: 'more changes than are shown' }]
}

const NONE: readonly Change[] = []

function bodyChanges(before: RequestBody, after: RequestBody, display: Display): Change[] {
  const { pending } = after
  const first = pending?.base === before
  const both = pending !== undefined && pending.base === before.pending?.base
  if (!first && !(both && pending.edits === before.pending?.edits))
    return treeChanges(before.tree, after.tree, display, MOST + 1)
  const changes = first ? new EditChanges(before.tree, display).of(pending.edits, MOST + 1) : []
  for (const [name, value] of pending.fields) {
    const was = first ? pending.base.tree.get(name)?.raw : before.pending!.fields.get(name)
    const then = was ?? (first ? undefined : pending.base.tree.get(name)?.raw)
    if (then?.toString('utf8') === value) continue
    const shown = (raw: Buffer | string) => display.value(raw, name, name)
    changes.push({ path: name, ...(then !== undefined && { before: shown(then) }), after: shown(value) })
  }
  return changes
}

/**
 * Where a body differs from the one of the turn before, but for `cache_control`, which moves from turn to turn, and for what was
 * added behind its messages. Nowhere where one of them is no Messages request.
 */
export function bodyDifferences(
  before: Buffer,
  after: Buffer,
  { texts = false }: ShownChanges = {},
): readonly Change[] {
  try {
    const turns = RequestBody.ofBytes(before).tree.get('messages')!.items().length
    const [from, to] = [before, after].map((bytes) => comparable(bytes, turns)) as [JsonNode, JsonNode]
    const changes = treeChanges(from, to, new Display(texts, true), MOST)
    return changes.map((change) => {
      const tool = toolOf(change.before === undefined ? to : from, change.path)
      return tool === undefined ? change : { ...change, tool }
    })
  } catch {
    return []
  }
}

/** The name of the tool that a path leads into; one that no API takes is not told. */
function toolOf(body: JsonNode, path: string): string | undefined {
  const at = /^tools\[(\d+)\]/.exec(path)?.[1]
  const name = at && body.get('tools')?.items()[Number(at)]?.get('name')?.string()
  return name && /^[\w.-]{1,128}$/.test(name) ? name : undefined
}

function comparable(bytes: Buffer, turns: number): JsonNode {
  const drop = (key: string, value: unknown) => (key === 'cache_control' ? undefined : value)
  const body = JSON.parse(bytes.toString('utf8'), drop) as { messages: unknown[] }
  const first = { ...body, messages: body.messages.slice(0, turns) }
  return RequestBody.ofBytes(Buffer.from(JSON.stringify(first))).tree
}

function headerChanges(before: Headers, after: Headers): Change[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => {
    const [a, b] = [before[name], after[name]].map((value) => value && String(value))
    if (a === b) return []
    const shown = (value: string) => (isPlainHeader(name) ? value.slice(0, 200) : '‹hidden›')
    return [{ path: `headers.${name}`, ...(a && { before: shown(a) }), ...(b && { after: shown(b) }) }]
  })
}

function text(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200)
}

const OUTSIDE = /^(headers\.|query$|limits$|preference$|…$)/

/** The changes of a body that a plugin's `touches` does not name; none where it declares nothing. */
export function undeclared(
  changes: readonly Change[],
  touches: readonly string[] | undefined,
): readonly string[] {
  if (!touches) return []
  const paths = changes.map(({ path }) => path).filter((path) => !OUTSIDE.test(path))
  return paths.filter((path) => {
    const general = path.replace(/\[\d+\]/g, '[*]')
    return !touches.some(
      (touch) =>
        touch === '*' ||
        general === touch ||
        general.startsWith(`${touch}.`) ||
        general.startsWith(`${touch}[`),
    )
  })
}
