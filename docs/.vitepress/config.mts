import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Token {
  readonly type: string
  readonly children: readonly Token[] | null
  attrGet(name: string): string | null
  attrSet(name: string, value: string): void
}

interface Markdown {
  readonly core: { readonly ruler: { push(name: string, rule: (state: { tokens: Token[] }) => void): void } }
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

const linkOf = (file: string) => (file.startsWith('../') ? '/first-steps' : `/${file.replace(/\.md$/, '')}`)

// Without `defineConfig`: vitepress is installed for the build alone. `npm run docs:site` builds it into .cache/site, and fails for a link that leads nowhere.
export default {
  title: 'agproxy',
  description: 'A local gateway between Claude Code and the models behind it',
  srcDir: '.',
  outDir: '../.cache/site',
  cacheDir: '../.cache/vitepress',
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: sidebar(),
  },
  markdown: {
    config(md: Markdown) {
      // Links out of the docs lead to the repository's files, which the site has none of.
      md.core.ruler.push('outside', ({ tokens }) => {
        for (const token of tokens.flatMap(({ children }) => children ?? []))
          if (token.type === 'link_open' && token.attrGet('href')?.startsWith('../'))
            token.attrSet('href', '#')
      })
    },
  },
}
