import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** Everything else is source: a new folder is rather built for nothing than forgotten. */
const NOT_SOURCES = /(^|\/)\.|^(node_modules|dist|coverage|bench|docs|deploy|test\/(?!harness$)[^/]*)$/
const SOURCE = /(?<!\.test)(?<!\.test-d)\.(ts|tsx|mts|js|mjs|cjs|json|html|css|svg|wasm)$/
/** The user's own, which is read when the gateway starts. */
const CONFIG = /^agproxy\.config\./

/** @param {string} folder @returns {string[]} */
function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory()) return NOT_SOURCES.test(path) ? [] : sourcesIn(path)
      return SOURCE.test(entry.name) && !CONFIG.test(entry.name) ? [path] : []
    })
}

/** A hash of all that a build is made from: sources, settings, the lock file and these scripts. */
export function sourcesHash() {
  const hash = createHash('sha256')
  for (const path of sourcesIn('.')) hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

/**
 * What a folder was built from, and its files. It lies in the folder, so that it goes where the folder goes.
 * @typedef {{ hash: string, files: string[] }} Stamp
 */
const NAME = '.stamp.json'

/** @param {string} outdir @returns {Stamp | undefined} */
export function readStamp(outdir) {
  try {
    return JSON.parse(readFileSync(join(outdir, NAME), 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {string} outdir @param {Stamp} stamp */
export function writeStamp(outdir, stamp) {
  const file = join(outdir, NAME)
  writeFileSync(`${file}.new`, JSON.stringify(stamp))
  renameSync(`${file}.new`, file)
}

/** Whether the folder holds all of a build of these sources. @param {string} outdir @param {string} hash */
export function isFresh(outdir, hash) {
  const stamp = readStamp(outdir)
  return stamp?.hash === hash && stamp.files.every((file) => existsSync(join(outdir, file)))
}
