// Builds dist/: the types (tsc), the library and the command (esbuild) and the page (vite), beside the build that is there, which a gateway may be running
// from; it is replaced when the new one is complete. A build that fails changes nothing.
//
//   --if-changed    only if the folder does not hold a build of these sources (`npm start` after `npm ci`)
//   --clean         leave no file of earlier builds (for a package)
//   --command       the command alone
//   --outdir DIR    for tests
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { withLock } from './build/lock.mjs'
import { isFresh, readStamp, sourcesHash, writeStamp } from './build/stamp.mjs'
import { retire, swapIn } from './build/swap.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { values } = parseArgs({
  options: {
    outdir: { type: 'string', default: 'dist' },
    command: { type: 'boolean', default: false },
    clean: { type: 'boolean', default: false },
    'if-changed': { type: 'boolean', default: false },
  },
})
const { outdir, clean } = values
/** Milliseconds after which the folder of an unfinished build counts as that of a build that was killed. */
const LEFT_BEHIND = 3_600_000
const hash = values.command ? `command ${sourcesHash()}` : sourcesHash()
const done = () => values['if-changed'] && isFresh(outdir, hash)

if (!done() || clean) {
  await withLock(outdir, async () => {
    if (!done()) await build()
    if (clean) retire(outdir, readStamp(outdir).files, [], true)
  })
}

async function build() {
  for (const name of readdirSync(outdir)) {
    const left = join(outdir, name)
    if (name.startsWith('.new-') && Date.now() - statSync(left).mtimeMs > LEFT_BEHIND)
      rmSync(left, { recursive: true, force: true })
  }
  // In the folder itself, so that a file can be renamed into its place. What begins with a dot is not part of a build.
  const folder = mkdtempSync(join(outdir, '.new-'))
  try {
    const { bundle, compileTypes } = await import('./build/compile.mjs')
    if (!values.command) {
      const { buildPage } = await import('./build/page.mjs')
      await compileTypes(folder) // leaves no script behind, so the page's come later
      await buildPage(folder, outdir)
    }
    await bundle(folder, values.command)
    const before = readStamp(outdir)?.files ?? []
    const files = swapIn(folder, outdir)
    retire(outdir, files, before, false)
    writeStamp(outdir, { hash, files })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
