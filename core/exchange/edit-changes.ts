import type { Change } from '../contract/change.js'
import type { Edit, JsonNode } from '../contract/json.js'
import { applyEdits, inOrder } from '../json/edit.js'
import { JsonNode as Nodes } from '../json/node.js'
import type { Display } from './shown-value.js'

/** A value in its object or array: from its key on, where it has one. */
export interface Child {
  readonly key: string
  readonly step: string
  readonly start: number
  readonly value: JsonNode
}

/** The place of a value. `top` is the body's field that contains it. */
export interface Place {
  readonly path: string
  readonly key: string
  readonly top: string
}

export const ROOT: Place = { path: '', key: '', top: '' }

const DEPTH = 10_000

export function placeOf({ path, top, key }: Place, child: Child, display: Display): Place {
  const isItem = child.step.startsWith('[')
  if (isItem) return { path: path + child.step, key, top }
  const within = top || child.key
  const step = display.key(child.key, within)
  return { path: path === '' ? step : `${path}.${step}`, key: child.key, top: within }
}

export function childrenOf(node: JsonNode): Child[] {
  if (node.isArray)
    return node.items().map((value, i) => ({ key: '', step: `[${i}]`, start: value.start, value }))
  return Array.from(node.members(), ({ key, value }) => {
    const name = key.string() ?? ''
    return { key: name, step: name, start: key.start, value }
  })
}

/** What splices into a body change, found by their positions: no texts are compared. */
export class EditChanges {
  readonly #children = new Map<number, Child[]>()

  constructor(
    private readonly tree: JsonNode,
    private readonly display: Display,
  ) {}

  of(edits: readonly Edit[], most: number): Change[] {
    const changes: Change[] = []
    for (const edit of inOrder(edits)) {
      if (changes.length >= most) break
      for (const change of this.#of(edit)) changes.push(change)
    }
    return changes
  }

  #of(edit: Edit): Change[] {
    let node = this.tree
    let place = ROOT
    for (;;) {
      const inner = this.#around(node, edit)
      if (!inner) break
      place = placeOf(place, inner, this.display)
      node = inner.value
    }
    if (edit.start <= node.start && edit.end >= node.end)
      return [this.#change(place, node, Buffer.from(edit.text))]
    if (node.isObject || node.isArray) return this.#within(node, place, edit)
    const moved = { start: edit.start - node.start, end: edit.end - node.start, text: edit.text }
    return [this.#change(place, node, applyEdits(node.raw, [moved]))]
  }

  /** Members or items that go, and those that come in their place. */
  #within(node: JsonNode, place: Place, edit: Edit): Change[] {
    const children = this.#childrenOf(node)
    const first = firstFrom(children, edit.start)
    const gone: Child[] = []
    for (let i = first; i < children.length && children[i]!.value.end <= edit.end; i++)
      gone.push(children[i]!)
    const come = childrenOfText(edit.text, node.isArray, first)
    const changes = gone.map((child) => {
      const successor = come.findIndex((other) => !node.isArray && other.key === child.key)
      const after = successor < 0 ? undefined : come.splice(successor, 1)[0]!.value
      return this.#change(placeOf(place, child, this.display), child.value, after)
    })
    for (const child of come)
      changes.push(this.#change(placeOf(place, child, this.display), undefined, child.value))
    return changes
  }

  /** The child that an edit lies in. What is put between two children lies in none. */
  #around(node: JsonNode, { start, end }: Edit): Child | undefined {
    const children = this.#childrenOf(node)
    const child = children[firstFrom(children, start + 1) - 1]
    if (!child) return undefined
    const { value } = child
    const isBetween = start === end && (start <= value.start || end >= value.end)
    return !isBetween && value.start <= start && end <= value.end ? child : undefined
  }

  #childrenOf(node: JsonNode): Child[] {
    let children = this.#children.get(node.start)
    if (!children) {
      children = childrenOf(node)
      this.#children.set(node.start, children)
    }
    return children
  }

  #change(place: Place, before: JsonNode | undefined, after: JsonNode | Buffer | undefined): Change {
    return changeAt(place, before, after, this.display)
  }
}

export function changeAt(
  { path, key, top }: Place,
  before: JsonNode | undefined,
  after: JsonNode | Buffer | undefined,
  display: Display,
): Change {
  const [was, is] = display.values(before, after, key, top)
  return { path, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) }
}

/** The index of the first child that begins at or behind a position. */
function firstFrom(children: readonly Child[], position: number): number {
  let [low, high] = [0, children.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (children[middle]!.start < position) low = middle + 1
    else high = middle
  }
  return low
}

/** The members or items of a text that was put between others, without the commas at its ends. */
function childrenOfText(text: string | Buffer, isArray: boolean, from: number): Child[] {
  const inner = text
    .toString('utf8')
    .replace(/^[\s,]{0,16}/, '')
    .replace(/[\s,]{0,16}$/, '')
  if (inner === '') return []
  try {
    const children = childrenOf(Nodes.parse(Buffer.from(isArray ? `[${inner}]` : `{${inner}}`), DEPTH))
    return children.map((child, i) => (isArray ? { ...child, step: `[${from + i}]` } : child))
  } catch {
    return [] // a splice that ends inside of a value; what is removed is listed
  }
}
