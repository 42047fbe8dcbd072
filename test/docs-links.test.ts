import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { docPages as pages } from './support/doc-blocks.js'

const root = fileURLToPath(new URL('..', import.meta.url))

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

it('the index lists every page once, with a heading that says what for', () => {
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8')
  const listed = [...index.matchAll(/^- \[[^\]]+\]\(([^)]+)\)/gm)].map(([, file]) => join('docs', file!))
  expect(listed.toSorted()).toEqual(pages.filter((page) => page !== 'docs/README.md').toSorted())
  const tasks = [...index.matchAll(/^## (\w+)/gm)].map(([, task]) => task)
  expect(tasks).toEqual(['Use', 'Configure', 'Extend', 'Operate', 'Understand', 'Built'])
})
