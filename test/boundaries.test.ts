import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Who may import whom, by part of the house; a part may always import itself. Tests import what they like. When a new
 * import fails here, move the code, or the type into core/contract: the table changes last.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'core/contract': [],
  'core/files': [],
  'core/errors': ['core/json'],
  'core/simd': [],
  'core/json': ['core/contract', 'core/simd'],
  'core/state': ['core/contract'],
  'core/plugin': ['core/contract', 'core/errors'],
  'core/stream': ['core/contract', 'core/errors', 'core/simd'],
  'core/token-count': ['core/contract', 'core/errors', 'core/json'],
  'core/exchange': ['core/contract', 'core/errors', 'core/json', 'core/stream'],
  'core/message': ['core/contract', 'core/errors', 'core/json', 'core/stream'],
  'core/upstream': [
    'core/contract',
    'core/errors',
    'core/json',
    'core/stream',
    'core/exchange',
    'core/message',
  ],
  'core/cassette': ['core/contract', 'core/files', 'core/json'],
  'core/prices': ['core/contract', 'core/plugin', 'core/upstream'],
  'core/admin': ['core/contract', 'core/errors', 'core/exchange'],
  'core/accounts': [
    'core/contract',
    'core/errors',
    'core/json',
    'core/exchange',
    'core/state',
    'core/upstream',
  ],
  'core/config': ['core/contract', 'core/errors', 'core/files', 'core/json', 'core/plugin', 'core/upstream'],
  'core/chain': [
    'core/contract',
    'core/errors',
    'core/plugin',
    'core/token-count',
    'core/exchange',
    'core/upstream',
    'core/accounts',
    'core/admin',
    'core/config',
    'core/prices',
  ],
  'core/server': [
    'core/contract',
    'core/errors',
    'core/files',
    'core/json',
    'core/plugin',
    'core/exchange',
    'core/stream',
    'core/state',
    'core/upstream',
    'core/accounts',
    'core/admin',
    'core/chain',
    'core/config',
  ],
  'core/cli': [
    'core/contract',
    'core/errors',
    'core/files',
    'core/json',
    'core/cassette',
    'core/token-count',
    'core/exchange',
    'core/state',
    'core/upstream',
    'core/accounts',
    'core/admin',
    'core/prices',
    'core/config',
    'core/chain',
    'core/server',
  ],
  'core/index.ts': ['core/contract', 'core/errors', 'core/exchange', 'core/plugin', 'core/stream'],
  'core/kit.ts': [
    'core/contract',
    'core/errors',
    'core/files',
    'core/exchange',
    'core/plugin',
    'core/stream',
    'core/json',
    'core/cassette',
    'core/prices',
    'core/state',
    'core/upstream',
    'core/accounts',
  ],
  plugins: ['core/index.ts', 'core/kit.ts'],
  presets: ['core/config', 'plugins'],
  // Types of answers alone, see below: nothing of the gateway runs in a browser.
  page: ['core/admin', 'plugins'],
}

interface Import {
  readonly from: string
  readonly to: string
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test(-d)?\.ts$/.test(file))
    .map((file) => join(folder, file))
}

/** The relative imports of a source, of types too, as paths from the project's root. */
function importsOf(from: string, text = readFileSync(join(root, from), 'utf8')): Import[] {
  const found = [...text.matchAll(/(?:from|import\(|^import)\s*['"](\.[^'"]+)['"]/gm)]
  return found.map(([, to]) => ({
    from,
    to: relative(root, join(root, dirname(from), to!)).replace(/\.js(x?)$/, '.ts$1'),
  }))
}

function partOf(path: string): string {
  const [top, second] = path.split('/') as [string, string?]
  return top === 'core' ? `core/${second}` : top
}

/** What the table says of an import; undefined when it is allowed. */
function broken({ from, to }: Import): string | undefined {
  const [part, other] = [partOf(from), partOf(to)]
  if (part === 'plugins' && other === 'plugins') {
    const folder = (path: string) => path.split('/')[1]
    const isEntry = from === 'plugins/index.ts'
    return isEntry || folder(from) === folder(to) ? undefined : `${from} imports its neighbour ${to}`
  }
  if (part === other || MAY_IMPORT[part]?.includes(other)) return undefined
  return `${from} imports ${to}`
}

/** A circle in a graph, as the names along it; empty when there is none. */
function circle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const walk = (at: string, path: readonly string[]): string[] => {
    if (path.includes(at)) return [...path.slice(path.indexOf(at)), at]
    if (done.has(at)) return []
    for (const next of graph.get(at) ?? []) {
      const found = walk(next, [...path, at])
      if (found.length > 0) return found
    }
    done.add(at)
    return []
  }
  for (const start of graph.keys()) {
    const found = walk(start, [])
    if (found.length > 0) return found
  }
  return []
}

const files = ['core', 'page', 'plugins', 'presets'].flatMap(sources)
const all = files.flatMap((file) => importsOf(file))

describe('the house', () => {
  it('has a line in the table for every room', () => {
    const rooms = new Set(files.map(partOf))
    expect([...rooms].sort()).toEqual(Object.keys(MAY_IMPORT).sort())
  })

  it('is described room by room in docs/architecture.md', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    const described = [...page.matchAll(/^\| `([a-z-]+)` \| /gm)].map(([, room]) => `core/${room}`)
    const rooms = Object.keys(MAY_IMPORT).filter((part) => /^core\/[a-z-]+$/.test(part))
    expect(described.sort()).toEqual(rooms.sort())
  })

  it('has a table without a circle', () => {
    expect(circle(new Map(Object.entries(MAY_IMPORT)))).toEqual([])
  })

  it.each(Object.keys(MAY_IMPORT))('%s imports what it may', (part) => {
    const own = all.filter(({ from }) => partOf(from) === part)
    expect(own.flatMap((found) => broken(found) ?? [])).toEqual([])
  })

  it('has no circle of files, types counted', () => {
    const graph = new Map(files.map((file) => [file, importsOf(file).map(({ to }) => to)]))
    expect(circle(graph)).toEqual([])
  })

  it('has a contract that holds no value', () => {
    const values = sources('core/contract').filter((file) =>
      /^export (const|let|function|class|enum|async)|^import (?!type)/m.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    )
    expect(values).toEqual([])
  })
})

describe('help and version', () => {
  const light = ['citty', 'fastest-levenshtein', 'node:fs', 'node:url', 'node:util']

  /** What loading a file loads with it: of the house by path, of packages by name. */
  function loadedWith(file: string, seen = new Set<string>()): Set<string> {
    if (seen.has(file)) return seen
    seen.add(file)
    if (!file.endsWith('.ts')) return seen
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, to] of text.matchAll(/^(?:import|export) (?!type )[^'"]*from ['"]([^'"]+)['"]/gm))
      loadedWith(
        to!.startsWith('.') ? relative(root, join(root, dirname(file), to!)).replace(/\.js$/, '.ts') : to!,
        seen,
      )
    return seen
  }

  it('load nothing of the gateway: a command is known by the table, and its code is imported when it runs', () => {
    const loaded = [...loadedWith('core/cli/main.ts')]
    expect(loaded).toContain('core/cli/table/index.ts')
    expect(
      loaded.filter((name) => !/^core\/(cli|errors\/nearest)/.test(name) && !light.includes(name)),
    ).toEqual([])
    expect(loaded.length).toBeLessThan(25)
  })

  it('would load it all with a command', () => {
    expect([...loadedWith('core/cli/check.ts')]).toContain('zod')
  })
})

describe('the page', () => {
  const pages = sources('page').map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

  it('takes nothing but types from the gateway', () => {
    const values = pages.filter(({ text }) =>
      /^(import|export) (?!type)[^;]*?from '(\.\.\/)+(core|plugins)\//m.test(text),
    )
    expect(values.map(({ file }) => file)).toEqual([])
    expect(pages.some(({ text }) => text.includes('/plugins/trace/'))).toBe(true)
  })

  it('shows what strangers wrote as text: it has no way to write markup, and runs no text', () => {
    const markup =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc|\beval\(|new Function/
    expect(pages.filter(({ text }) => markup.test(text)).map(({ file }) => file)).toEqual([])
  })
})

describe('the rules', () => {
  it('see the imports at all', () => {
    expect(all.length).toBeGreaterThan(400)
    expect(
      importsOf('core/a/b.ts', "import type { X } from '../c/d.js'\nexport { y } from './e.js'"),
    ).toEqual([
      { from: 'core/a/b.ts', to: 'core/c/d.ts' },
      { from: 'core/a/b.ts', to: 'core/a/e.ts' },
    ])
  })

  it.each([
    ['core/json/scan.ts', 'core/exchange/call.ts'],
    ['core/contract/call.ts', 'core/errors/nearest.ts'],
    ['plugins/zai/index.ts', 'core/upstream/models.ts'],
    ['plugins/zai/index.ts', 'plugins/anthropic/index.ts'],
    ['core/chain/gateway.ts', 'plugins/zai/index.ts'],
    ['presets/claude-code.ts', 'core/plugin/define.ts'],
    ['page/app.tsx', 'core/server/serve.ts'],
    ['core/admin/page.ts', 'page/app.tsx'],
  ])('refuse that %s imports %s', (from, to) => {
    expect(broken({ from, to })).toBeDefined()
  })

  it('find a circle', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['d', ['b']],
    ])
    expect(circle(graph)).toEqual(['b', 'd', 'b'])
  })
})
