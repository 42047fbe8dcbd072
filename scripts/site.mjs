// Builds a site with search from docs/ into .cache/site; a link that leads nowhere fails it. VitePress is installed for this alone: it
// brings a hundred packages that nothing else needs.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSION = '1.6.4'
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, '.cache', `vitepress-${VERSION}`)
const bin = join(folder, 'node_modules', 'vitepress', 'bin', 'vitepress.js')

if (!existsSync(bin)) {
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder]
  execFileSync('npm', [...args, `vitepress@${VERSION}`], { stdio: 'inherit' })
}
execFileSync(process.execPath, [bin, 'build', 'docs', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
