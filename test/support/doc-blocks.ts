import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The README and every page of the docs, as paths from the repository's root. */
export const docPages: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** The contents of a page's code blocks of one language. */
export const blocksOf = (page: string, language: string): string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code!)

/**
 * Writes a page's ```ts blocks below `out`, in a folder of the page's own; returns their files. A block whose first line is a comment with a file's
 * name gets that name, so that blocks can import each other. One without an import may use `defineConfig` as if it had imported it.
 */
export function writeBlocks(page: string, out: string): string[] {
  const folder = join(out, page.replace(/\.md$/, ''))
  const taken = new Set<string>()
  return blocksOf(page, 'ts').map((code, i) => {
    const named = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `block-${i + 1}.ts`
    const name = taken.has(named) ? named.replace(/\.ts$/, `-${i + 1}.ts`) : named
    taken.add(name)
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    const prelude = /^import /m.test(code) ? '' : "import { defineConfig } from 'agproxy'\n"
    writeFileSync(file, prelude + code)
    return file
  })
}
