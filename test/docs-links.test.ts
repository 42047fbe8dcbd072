import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
const pages = ['README.md', ...inDocs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]

/** Markdown without its code, whose brackets are no links. */
const prose = (page: string) =>
  readFileSync(join(root, page), 'utf8').replace(/^(```+)[\s\S]*?^\1$|`[^`\n]*`/gm, '')

/** The targets inside of this repository that a page links to, as paths from its root with their anchors. */
function linksOf(page: string): { readonly file: string; readonly anchor: string }[] {
  const targets = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!)
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#')
      return { file: path === '' ? page : relative(root, join(root, dirname(page), path)), anchor }
    })
}

/** As GitHub and VitePress make them of headings. */
function anchorsOf(page: string): string[] {
  const headings = [...readFileSync(join(root, page), 'utf8').matchAll(/^#{1,6} (.+)$/gm)].map((m) => m[1]!)
  return headings.map((text) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}

describe.each(pages)('%s', (page) => {
  it('links to what is there', () => {
    const broken = linksOf(page).filter(({ file, anchor }) => {
      if (!existsSync(join(root, file))) return true
      return anchor !== '' && file.endsWith('.md') && !anchorsOf(file).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})

it('every page can be reached from the index', () => {
  const reached = new Set<string>()
  const visit = (page: string): void => {
    if (reached.has(page)) return
    reached.add(page)
    for (const { file } of linksOf(page)) {
      const path = join(root, file)
      if (!existsSync(path)) continue
      if (statSync(path).isDirectory()) {
        for (const name of readdirSync(path)) if (name.endsWith('.md')) reached.add(join(file, name))
      } else if (file.endsWith('.md')) visit(file)
    }
  }
  visit('docs/README.md')
  expect(pages.filter((page) => !reached.has(page))).toEqual([])
})
