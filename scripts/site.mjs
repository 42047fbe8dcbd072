// Builds a site with search from docs/ and the README into .cache/site; a link that leads nowhere fails it. VitePress is installed for this
// alone: it brings a hundred packages that nothing else needs.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSION = '1.6.4'
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, '.cache', `vitepress-${VERSION}`)
const bin = join(folder, 'node_modules', 'vitepress', 'bin', 'vitepress.js')

if (!existsSync(bin)) {
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder]
  execFileSync('npm', [...args, `vitepress@${VERSION}`], { stdio: 'inherit' })
}

// The README lies outside of docs/, and is the site's first page to read: the pages are built from a copy that holds it as one of them.
const source = join(root, '.cache', 'site-source')
rmSync(source, { recursive: true, force: true })
cpSync(join(root, 'docs'), source, { recursive: true })
const readme = readFileSync(join(root, 'README.md'), 'utf8')
writeFileSync(
  join(source, 'first-steps.md'),
  readme
    .replaceAll('](docs/README.md', '](./index.md')
    .replaceAll('](docs/', '](./')
    .replaceAll(/\]\((?!\.\/|#|[a-z]+:)/g, '](../'),
)

execFileSync(process.execPath, [bin, 'build', source, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})

// VitePress looks at pages alone, not at their anchors, nor at the sidebar.
const site = join(root, '.cache', 'site')
const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.html'),
)
const html = new Map(pages.map((name) => [name, readFileSync(join(site, name), 'utf8')]))
const broken = [...html].flatMap(([name, text]) =>
  [...text.matchAll(/<a [^>]*href="([^"]*)"/g)]
    .map(([, href]) => href)
    .filter((href) => !/^[a-z]+:/.test(href) && !leads(name, href))
    .map((href) => `${name}: ${href}`),
)
if (broken.length > 0) {
  console.error(`links that lead nowhere:\n  ${[...new Set(broken)].join('\n  ')}`)
  process.exit(1)
}

function leads(from, href) {
  const [path, anchor] = href.split('#')
  const to = path === '' ? from : posix.join('/', path.startsWith('/') ? '' : posix.dirname(from), path)
  const name = to === '/' ? 'index.html' : to.replace(/^\//, '').replace(/(\.html)?$/, '.html')
  const page = html.get(name)
  return page !== undefined && (anchor === undefined || page.includes(` id="${decodeURIComponent(anchor)}"`))
}
