import { createHash } from 'node:crypto'

/** What an upstream takes as a tool's name. */
export interface NameRules {
  /** The inside of a character class. */
  readonly characters: string | undefined
  readonly length: number | undefined
}

const HASH = 6

/**
 * The names that change, with what they become. What one becomes depends on itself, and on the others only where two would become
 * one: then both carry a piece of their hash, whatever their order.
 */
export function renames(names: Iterable<string>, rules: NameRules): Map<string, string> {
  const all = new Set(names)
  const refused = rules.characters === undefined ? undefined : new RegExp(`[^${rules.characters}]`, 'gu')
  const length = Math.max(rules.length ?? Number.POSITIVE_INFINITY, HASH + 2)
  const plain = new Map<string, string>()
  const wanted = new Map<string, number>()
  for (const name of all) {
    const spelt = refused ? name.replace(refused, '_') : name
    const fits = spelt.length <= length ? spelt : hashed(spelt, name, length)
    plain.set(name, fits)
    wanted.set(fits, (wanted.get(fits) ?? 0) + 1)
  }
  const changed = new Map<string, string>()
  for (const [name, fits] of plain) {
    if (fits === name) continue
    changed.set(name, wanted.get(fits)! > 1 ? hashed(fits, name, length) : fits)
  }
  return changed
}

function hashed(spelt: string, name: string, length: number): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH)
  return `${spelt.slice(0, length - HASH - 1)}_${hash}`
}
