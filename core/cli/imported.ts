import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** A config's own files are few; this keeps a mistake from reading a whole project. */
const MOST = 50
const ENDINGS = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '/index.ts', '/index.js']

/** A file and what it imports by a relative path, and so on: what a change of means another chain. */
export function withImports(file: string): string[] {
  const found = new Set([file])
  for (const each of found) {
    if (found.size >= MOST || !/\.[cm]?[jt]s$/.test(each)) continue
    for (const path of relativeImports(each)) {
      const target = onDisk(resolve(dirname(each), path))
      if (target) found.add(target)
    }
  }
  return [...found]
}

function relativeImports(file: string): string[] {
  try {
    const source = readFileSync(file, 'utf8')
    return [...source.matchAll(/(?:from|import|require)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map(
      (match) => match[1]!,
    )
  } catch {
    return []
  }
}

/** TypeScript is imported under the name that its output would have. */
function onDisk(path: string): string | undefined {
  const source = path.replace(/\.([cm]?)js$/, '.$1ts')
  return [source, ...ENDINGS.map((ending) => path + ending)].find(
    (candidate) => /\.\w+$/.test(candidate) && existsSync(candidate),
  )
}
