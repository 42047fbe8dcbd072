import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DOTENV } from '../config/dotenv.js'
import { filePath } from '../config/variables.js'
import { readFileAt } from '../files/read.js'

/** A config's own files are few; this keeps a mistake from reading a whole project. */
const MOST = 50
const CODE = /\.[cm]?[jt]s$/
const ENDINGS = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '/index.ts', '/index.js']

/**
 * A file, the `.env` beside it, what it imports by a relative path or names as `${file:PATH}`, and so on: what a change of means another
 * chain.
 */
export function withImports(file: string): string[] {
  const found = new Set([file, join(dirname(file), DOTENV)])
  for (const each of found) {
    if (found.size >= MOST) continue
    if (each === file && !CODE.test(each)) for (const named of namedFiles(each)) found.add(named)
    if (!CODE.test(each)) continue
    for (const path of relativeImports(each)) {
      const target = onDisk(resolve(dirname(each), path))
      if (target) found.add(target)
    }
  }
  return [...found]
}

function namedFiles(file: string): string[] {
  const named = [...textOf(file).matchAll(/\$\{file:([^{}]+)\}/g)].slice(0, MOST)
  return named.map((match) => filePath(match[1]!, dirname(file)))
}

function textOf(file: string): string {
  try {
    return readFileAt(file).toString('utf8')
  } catch {
    return ''
  }
}

function relativeImports(file: string): string[] {
  const found = textOf(file).matchAll(/(?:from|import|require)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)
  return [...found].map((match) => match[1]!)
}

/** TypeScript is imported under the name that its output would have. */
function onDisk(path: string): string | undefined {
  const source = path.replace(/\.([cm]?)js$/, '.$1ts')
  return [source, ...ENDINGS.map((ending) => path + ending)].find(
    (candidate) => /\.\w+$/.test(candidate) && existsSync(candidate),
  )
}
