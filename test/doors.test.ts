import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { type Declared, DoorTypes } from './support/door-types.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const types = new DoorTypes(root)
afterAll(() => types.close())

/** Each door, and where else its users find the types that it speaks of. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'index.ts': [],
  'core/kit.ts': ['index.ts'],
  'testing.ts': ['index.ts', 'core/kit.ts'],
}

/** Types that a door's signatures need and that neither it nor the doors before it export. */
function missing(door: string, besides: readonly string[] = DOORS[door]!): string[] {
  const known = new Set<Declared>()
  for (const file of [door, ...besides])
    for (const declared of types.exportsOf(file).values()) known.add(declared).add(types.aliased(declared))
  const reached = types.reachedFrom(types.exportsOf(door).values())
  return [...reached].flatMap(([declared, by]) =>
    known.has(types.aliased(declared)) || !types.isType(declared) || !types.isExported(declared)
      ? []
      : [`${declared}, which ${by} needs`],
  )
}

describe('what a door speaks of can be imported', () => {
  it.each(Object.keys(DOORS))('%s', (door) => {
    expect(missing(door)).toEqual([])
  })

  it('sees the types at all', () => {
    expect(types.reachedFrom(['core/contract/plugin.ts#Plugin']).size).toBeGreaterThan(30)
    expect(missing('core/kit.ts', []).join('\n')).toContain('core/contract/call.ts#Call, which')
  })
})

describe('the kit', () => {
  const kit = types.exportsOf('core/kit.ts')
  const plugins = readdirSync(join(root, 'plugins'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join('plugins', name)))
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && name !== 'kit.md')
    .map((name) => read(join('docs', name)))
  const imports = [...plugins, ...pages].flatMap((text) =>
    [
      ...text.matchAll(/import (?:type )?\{([^}]*)\} from '(?:(?:\.\.\/)+core\/kit\.js|agproxy\/kit)'/g),
    ].flatMap(([, names]) => names!.split(',').map((name) => name.trim().replace(/^type /, ''))),
  )
  const told = pages
    .flatMap((text) => [...text.matchAll(/`(\w+)(?:\([^`]*\))?` of `agproxy\/kit`|`(\w+)\(/g)])
    .flatMap(([, name, called]) => name ?? called ?? [])

  it('has no name that no plugin uses and no page shows, but for types that the others need', () => {
    const used = new Set([...imports, ...told])
    const wanted = [...kit].filter(([name]) => used.has(name)).map(([, declared]) => declared)
    const needed = types.reachedFrom(wanted)
    expect([...kit].filter(([, declared]) => !needed.has(declared)).map(([name]) => name)).toEqual([])
  })

  it('is listed in docs/kit.md, name by name', () => {
    const rows = read('docs/kit.md').match(/^\| `.*?\|/gm) ?? []
    const listed = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name!))
    expect(listed.toSorted()).toEqual([...kit.keys()].toSorted())
  })
})
