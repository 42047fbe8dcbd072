import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The last cells of all tables whose last column is `test`, each with its row's first one. */
function rulesOf(page: string): { readonly rule: string; readonly shown: string }[] {
  const tables = read(page).matchAll(/^\|[^\n]*\| test \|\n\| --- [^\n]*\n((?:\|[^\n]*\n)+)/gm)
  return [...tables].flatMap(([, rows]) =>
    rows!
      .trim()
      .split('\n')
      .map((row) => {
        const cells = row.split(/(?<!\\) \| /)
        return { rule: cells[0]!.slice(2), shown: cells.at(-1)!.replace(/ \|$/, '') }
      }),
  )
}

/** The tests that a cell names: `[name](../path "title")`, one after the other and nothing else. */
function testsIn(cell: string): { readonly file: string; readonly title: string }[] {
  const link = /^\[[^\]]+\]\(\.\.\/([^ ]+\.test\.ts) "([^"]+)"\)(?:, |$)/
  const found: { file: string; title: string }[] = []
  for (let rest = cell; rest !== ''; ) {
    const match = link.exec(rest)
    if (!match) throw new Error(`no test: ${rest}`)
    found.push({ file: match[1]!, title: match[2]! })
    rest = rest.slice(match[0].length)
  }
  return found
}

/** A title of a test or of a group: a text of its own on a line that begins one, or that ends the cases of one. */
function hasTitle(file: string, title: string): boolean {
  const literal = ["'", '"', '`'].map((quote) => quote + title.replaceAll(quote, `\\${quote}`) + quote)
  return read(file)
    .split('\n')
    .some((line) => literal.some((text) => isTitle(line, text)))
}

function isTitle(line: string, text: string): boolean {
  const at = line.indexOf(text)
  return at >= 0 && (/^\s*$/.test(line.slice(0, at)) || /\($/.test(line.slice(0, at)))
}

describe.each(['docs/faults.md', 'docs/security.md'])('%s', (page) => {
  const rules = rulesOf(page)

  it('has its rules in tables', () => {
    expect(rules.length).toBeGreaterThan(10)
    expect(new Set(rules.map(({ rule }) => rule)).size).toBe(rules.length)
  })

  it.each(rules)('$rule: its tests are there', ({ shown }) => {
    const tests = testsIn(shown)
    expect(tests).not.toEqual([])
    expect(
      tests.filter(({ file, title }) => !existsSync(join(root, file)) || !hasTitle(file, title)),
    ).toEqual([])
  })
})

it('a title that no test has is noticed', () => {
  expect(hasTitle('test/docs-rules.test.ts', 'a title that no test has is noticed')).toBe(true)
  expect(hasTitle('test/docs-rules.test.ts', 'a title that no test has')).toBe(false)
})
