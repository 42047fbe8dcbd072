import type { Tape } from './reuse.js'
import { bytesOf, spells } from './spelling.js'

/** Fields from which on an object's are walked once for each name that is asked for: the real ones have some 15. */
const MANY = 256

/** By the object's place and the name: a request asks for 30 names at its body's top, each of which took 8 ms of 490,000 fields. */
const amongMany = new WeakMap<Tape, Map<string, number>>()

/** The index of a field's key in the object at `index`, the last of several; -1: there is none. */
export function findField(bytes: Buffer, tape: Tape, index: number, key: string): number {
  const wanted = bytesOf(key)
  const after = tape[index * 3 + 2]!
  let found = -1
  let walked = 0
  for (let at = index + 1; at < after; at = tape[(at + 1) * 3 + 2]!) {
    if (walked++ === MANY) return findAmongMany(bytes, tape, index, key, at, found)
    if (spells(bytes, tape[at * 3]! + 1, tape[at * 3 + 1]! - 1, wanted)) found = at
  }
  return found
}

/** Walks on from a field, once for each name. No closure: it would have V8 make an object for each field of the walk above. */
function findAmongMany(
  bytes: Buffer,
  tape: Tape,
  index: number,
  key: string,
  from: number,
  before: number,
): number {
  let places = amongMany.get(tape)
  if (!places) {
    places = new Map()
    amongMany.set(tape, places)
  }
  const name = `${index} ${key}`
  let found = places.get(name)
  if (found !== undefined) return found
  found = before
  const wanted = bytesOf(key)
  const after = tape[index * 3 + 2]!
  for (let at = from; at < after; at = tape[(at + 1) * 3 + 2]!)
    if (spells(bytes, tape[at * 3]! + 1, tape[at * 3 + 1]! - 1, wanted)) found = at
  places.set(name, found)
  return found
}
