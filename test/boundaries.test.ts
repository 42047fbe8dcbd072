import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Every relative import of a folder's sources, as paths from the project's root. Tests may import what they like. */
function imports(folder: string): { from: string; to: string }[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ts$/.test(file) && !/\.test(-d)?\.ts$/.test(file))
    .flatMap((file) => {
      const from = join(folder, file)
      const source = readFileSync(join(root, from), 'utf8')
      const found = [...source.matchAll(/(?:from|import\(|^import)\s*['"](\.[^'"]+)['"]/gm)]
      return found.map((match) => ({ from, to: relative(root, join(root, dirname(from), match[1]!)) }))
    })
}

const inside = (folder: string) => (path: string) => path.startsWith(`${folder}/`)
const pluginOf = (path: string) => path.split('/')[1]

it('sees the imports at all', () => {
  expect(imports('core').length).toBeGreaterThan(100)
  expect(imports('plugins').length).toBeGreaterThan(30)
})

it('core imports no plugin, no preset and no entry of the package', () => {
  expect(imports('core').filter(({ to }) => !inside('core')(to))).toEqual([])
})

it('a plugin imports core and its own folder, never a neighbour', () => {
  const allowed = ({ from, to }: { from: string; to: string }) =>
    inside('core')(to) || (inside('plugins')(to) && pluginOf(from) === pluginOf(to))
  const sources = imports('plugins').filter(({ from }) => from !== 'plugins/index.ts')
  expect(sources.filter((i) => !allowed(i))).toEqual([])
})

it('a preset imports core and plugins', () => {
  const allowed = (to: string) => ['core', 'plugins', 'presets'].some((folder) => inside(folder)(to))
  expect(imports('presets').filter(({ to }) => !allowed(to))).toEqual([])
})
