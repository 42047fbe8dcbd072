// The manifest that is packed has no script: npm may warn of one in an installed package, and there is nothing to build in it.
//   --strip    before packing; without it the manifest becomes again what it was
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const MANIFEST = 'package.json'
const KEPT = '.cache/package.json.packing'

if (existsSync(KEPT)) renameSync(KEPT, MANIFEST) // also after a packing that was killed
if (process.argv.includes('--strip')) {
  const text = readFileSync(MANIFEST, 'utf8')
  mkdirSync('.cache', { recursive: true })
  writeFileSync(KEPT, text)
  const { scripts: _, devDependencies: __, allowScripts: ___, ...packed } = JSON.parse(text)
  writeFileSync(MANIFEST, `${JSON.stringify(packed, undefined, 2)}\n`)
}
