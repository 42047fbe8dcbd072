import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Jiti, JitiOptions } from 'jiti'
import { oddFile, readFileAt } from '../files/read.js'
import { decodeText } from './text.js'

/** The function that the imports of a compiled module call. */
type Import = (id: string, options?: unknown) => Promise<unknown>

/** Runs first in each module that jiti compiles. In a jiti with other names for these, modules import as jiti makes them. */
const PROLOGUE =
  "typeof jitiImport==='function'&&(jitiImport=require.options.freshImport(require,jitiImport));"

/** What jiti leaves to Node: `.mjs`, `.cjs`, and `.js` in most cases. */
const LEFT_TO_NODE = new Set(['.js', '.mjs', '.cjs'])

/**
 * Evaluates a module, and what it imports outside of node_modules, from what the files hold now. Node's own import keeps the
 * first version of a module until the process ends: a reload would put an old config in force.
 */
export async function importFresh(file: string, source: string, options: JitiOptions): Promise<unknown> {
  const { createJiti } = await import('jiti')
  const uncached = { ...options, moduleCache: false, fsCache: false }
  const compiler = createJiti(file, uncached)
  const evaluated = new Set<string>()
  const evaluate = (jiti: Jiti, path: string, text: string) => {
    evaluated.add(path)
    return jiti.evalModule(text, { filename: path, async: true, forceTranspile: true }) as Promise<unknown>
  }
  const freshImport = (jiti: Jiti, imported: Import): Import => {
    return async (id, init) => {
      const path = ownFile(jiti, id)
      const odd = path && oddFile(path)
      if (odd) throw new Error(`${path} is ${odd}, not a file`)
      // Modules of this load are in jiti's own cache, half done where they import each other.
      if (path === undefined || !LEFT_TO_NODE.has(extname(path)) || evaluated.has(path))
        return imported(id, init)
      return evaluate(jiti, path, decodeText(readFileAt(path)))
    }
  }
  forgetRequired()
  const settings = {
    ...uncached,
    freshImport,
    transform: (module: Parameters<Jiti['transform']>[0]) => ({
      code: withPrologue(compiler.transform(module)),
    }),
  }
  return evaluate(createJiti(file, settings), file, source)
}

/** The path of a file that is imported by path and is no package's. */
function ownFile(jiti: Jiti, id: string): string | undefined {
  if (!/^(\.{0,2}\/|file:|[a-z]:[\\/])/i.test(id)) return undefined
  const found = jiti.esmResolve(id, { try: true })
  if (found === undefined) return undefined
  const path = found.startsWith('file:') ? fileURLToPath(found) : found
  return isPackage(path) ? undefined : path
}

const isPackage = (path: string) => /[\\/]node_modules[\\/]/.test(path)

/** Before the directive it would make the module sloppy. */
function withPrologue(code: string): string {
  const directive = /^\s*(["'])use strict\1;?/.exec(code)?.[0] ?? ''
  return directive + PROLOGUE + code.slice(directive.length)
}

/** JSON files and CommonJS that configs have required before. agproxy itself is not CommonJS. */
function forgetRequired(): void {
  const { cache } = createRequire(import.meta.url)
  for (const path of Object.keys(cache)) if (!isPackage(path)) delete cache[path]
}
