import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

interface Token {
  readonly type: string
  readonly children: readonly Token[] | null
  attrs: [string, string][] | null
  attrGet(name: string): string | null
  attrSet(name: string, value: string): void
}

interface State {
  readonly tokens: readonly Token[]
  /** The page, from the folder of the docs. */
  readonly env: { readonly relativePath: string }
}

interface Markdown {
  readonly core: { readonly ruler: { push(name: string, rule: (state: State) => void): void } }
}

const docs = new URL('..', import.meta.url).pathname

/** The sidebar is the index: its headings, and the links under each. */
function sidebar() {
  const index = readFileSync(join(docs, 'README.md'), 'utf8')
  return index
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [text = ''] = section.split('\n')
      const links = [...section.matchAll(/^- \[([^\]]+)\]\(([^)]+\.md)\)/gm)]
      return { text, items: links.map(([, name, file]) => ({ text: name, link: linkOf(file!) })) }
    })
    .filter(({ items }) => items.length > 0)
}

const FIRST_STEPS = 'first-steps'
const linkOf = (file: string) =>
  file === '../README.md' ? `/${FIRST_STEPS}` : `/${file.replace(/\.md$/, '')}`

/** Links out of the docs lead to the repository's files: the README is a page of the site, the others stay text. */
function outside({ tokens, env }: State): void {
  for (const token of tokens.flatMap(({ children }) => children ?? [])) {
    const href = token.type === 'link_open' ? token.attrGet('href') : null
    const target = href === null ? '' : posix.join(posix.dirname(env.relativePath), href)
    if (!target.startsWith('../')) continue
    const [file, anchor = ''] = target.split('#')
    if (file === '../README.md') token.attrSet('href', `/${FIRST_STEPS}${anchor && `#${anchor}`}`)
    else token.attrs = null
  }
}

/** As GitHub makes anchors of headings, so that links with one work there and here. */
const slugify = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

// Without `defineConfig`: vitepress is installed for the build alone. `npm run docs:site` builds from a copy of docs/ into .cache/site, and fails for
// a link that leads nowhere.
export default {
  title: 'agproxy',
  description: 'A local gateway between Claude Code and the models behind it',
  srcDir: '.',
  outDir: '../site',
  cacheDir: '../vitepress',
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: sidebar(),
  },
  markdown: {
    anchor: { slugify },
    config(md: Markdown) {
      md.core.ruler.push('outside', outside)
    },
  },
}
