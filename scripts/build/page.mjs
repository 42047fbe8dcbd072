import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { licencesOf } from './licences.mjs'

const SOURCE = 'page'
const STAMP = 'built-from.txt'

/**
 * The page under `/_agproxy/`. A build of the same sources that lies in `before` is taken over: it costs 2 s, and most changes
 * of the gateway leave the page alone.
 * @param {string} outdir @param {string} before
 */
export async function buildPage(outdir, before) {
  const target = join(outdir, 'page')
  const hash = pageHash()
  const old = join(before, 'page')
  if (existsSync(join(old, STAMP)) && readFileSync(join(old, STAMP), 'utf8') === hash) {
    cpSync(old, target, { recursive: true })
    return
  }
  const { build } = await import('vite')
  const { default: solid } = await import('vite-plugin-solid')
  const modules = new Set()
  await build({
    root: SOURCE,
    base: './',
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [solid(), { name: 'modules', moduleParsed: ({ id }) => void modules.add(id) }],
    build: {
      rolldownOptions: { checks: { pluginTimings: false } },
      outDir: join('..', target),
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0, // the policy of the page allows no `data:`
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  })
  writeFileSync(join(target, 'THIRD-PARTY-LICENSES.txt'), licencesOf([...modules]))
  writeFileSync(join(target, STAMP), hash)
}

/** Of all that the page is made from; the lock file stands for the packages. */
function pageHash() {
  const hash = createHash('sha256')
  const files = readdirSync(SOURCE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  for (const file of [...files, 'package-lock.json', 'scripts/build/page.mjs'])
    hash.update(`${file}\0`).update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}
