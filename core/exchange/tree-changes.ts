import type { Change } from '../contract/change.js'
import type { JsonNode } from '../contract/json.js'
import { type Child, changeAt, childrenOf, type Place, placeOf, ROOT } from './edit-changes.js'
import type { Display } from './shown-value.js'

/** Items that are looked for elsewhere in a list, once for each side: beyond that the rest is listed one by one. */
const WINDOW = 200

/**
 * The differences of two bodies that came apart as a whole. Items of a list are aligned by what they are before they are compared,
 * so that one message that was taken out is one line and not a difference in each that follows.
 */
export function treeChanges(before: JsonNode, after: JsonNode, display: Display, most: number): Change[] {
  const changes: Change[] = []
  compare(before, after, ROOT)
  return changes

  function compare(a: JsonNode, b: JsonNode, place: Place): void {
    if (changes.length >= most || a.raw.equals(b.raw)) return
    if (a.isObject && b.isObject) compareMembers(a, b, place)
    else if (a.isArray && b.isArray) compareItems(a, b, place)
    else changes.push(changeAt(place, a, b, display))
  }

  function compareMembers(a: JsonNode, b: JsonNode, place: Place): void {
    const others = new Map(childrenOf(b).map((child) => [child.key, child]))
    for (const child of childrenOf(a)) {
      const other = others.get(child.key)
      others.delete(child.key)
      if (other) compare(child.value, other.value, placeOf(place, child, display))
      else tell(place, child, undefined)
    }
    for (const child of others.values()) tell(place, undefined, child)
  }

  function compareItems(a: JsonNode, b: JsonNode, place: Place): void {
    const [left, right] = [childrenOf(a), childrenOf(b)]
    let start = 0
    while (start < Math.min(left.length, right.length) && same(left[start]!, right[start]!)) start++
    let [i, j] = [left.length, right.length]
    while (i > start && j > start && same(left[i - 1]!, right[j - 1]!)) [i, j] = [i - 1, j - 1]
    align(left.slice(start, i), right.slice(start, j), place)
  }

  /** Between what is equal at both ends: pairs of the same text divide the rest; what lies between two pairs is compared in order. */
  function align(left: readonly Child[], right: readonly Child[], place: Place): void {
    let at = 0
    let from = 0
    const window = (list: readonly Child[], begin: number) => list.slice(begin, begin + WINDOW)
    for (let i = 0; i < left.length && left.length <= WINDOW; i++) {
      const found = window(right, from).findIndex((other) => same(left[i]!, other))
      if (found < 0) continue
      pair(left.slice(at, i), right.slice(from, from + found), place)
      ;[at, from] = [i + 1, from + found + 1]
    }
    pair(left.slice(at), right.slice(from), place)
  }

  function pair(left: readonly Child[], right: readonly Child[], place: Place): void {
    const isEven = left.length === right.length
    left.forEach((child, i) => {
      if (isEven) compare(child.value, right[i]!.value, placeOf(place, child, display))
      else tell(place, child, undefined)
    })
    if (!isEven) for (const child of right) tell(place, undefined, child)
  }

  function tell(place: Place, before: Child | undefined, after: Child | undefined): void {
    if (changes.length >= most) return
    const at = placeOf(place, (before ?? after)!, display)
    changes.push(changeAt(at, before?.value, after?.value, display))
  }
}

function same(a: Child, b: Child): boolean {
  return a.value.raw.equals(b.value.raw)
}
