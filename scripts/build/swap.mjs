import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Milliseconds that files of earlier builds stay. A gateway that runs from one loads parts of it only when it needs them; their
 * names hold a hash, so that builds do not get in each other's way.
 */
const KEEP = 7 * 24 * 3_600_000

/** Files in a folder, relative to it. What begins with a dot is not part of a build. @param {string} folder @returns {string[]} */
export function filesIn(folder, below = '') {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .flatMap((entry) => {
      const path = join(below, entry.name)
      return entry.isDirectory() ? filesIn(folder, path) : [path]
    })
}

/**
 * Moves a finished build into the folder that others run from, file by file, each by one rename. `bin.js` comes last: a
 * process that starts meanwhile gets all of the old build or all of the new one.
 * @param {string} built @param {string} outdir @returns {string[]} the files of the build
 */
export function swapIn(built, outdir) {
  const files = filesIn(built)
  const depth = (file) => (file === 'bin.js' ? -1 : file.split(/[\\/]/).length)
  for (const file of files.toSorted((a, b) => depth(b) - depth(a))) {
    const [from, to] = [join(built, file), join(outdir, file)]
    if (same(from, to)) continue
    mkdirSync(dirname(to), { recursive: true })
    renameSync(from, to)
  }
  return files
}

/** @param {string} a @param {string} b */
function same(a, b) {
  try {
    return statSync(a).size === statSync(b).size && readFileSync(a).equals(readFileSync(b))
  } catch {
    return false
  }
}

/**
 * Deletes what earlier builds left behind, once nothing needs it. A file's time of change says since when it is no part of
 * the build.
 * @param {string} outdir @param {string[]} files of the build @param {string[]} before files of the build before @param {boolean} all
 */
export function retire(outdir, files, before, all) {
  const current = new Set(files)
  const replaced = new Set(before)
  const now = Date.now()
  for (const file of filesIn(outdir)) {
    if (current.has(file)) continue
    const path = join(outdir, file)
    if (all || (!replaced.has(file) && now - statSync(path).mtimeMs > KEEP)) rmSync(path)
    else if (replaced.has(file)) utimesSync(path, now / 1000, now / 1000)
  }
}
