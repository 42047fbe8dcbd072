import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Names the places of a profile by the sources that a bundle was made from. @param {string} root @returns {import('./flame.mjs').PlaceOf} */
export function sourcePlaces(root) {
  /** @type {Map<string, SourceMap | undefined>} */
  const maps = new Map()
  const mapOf = (/** @type {string} */ path) => {
    if (!maps.has(path)) {
      const file = `${path}.map`
      maps.set(path, existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined)
    }
    return maps.get(path)
  }
  return ({ url, lineNumber, columnNumber }) => {
    if (!url.startsWith('file:')) return url ? `${url}:${lineNumber + 1}` : ''
    const path = fileURLToPath(url)
    const found = mapOf(path)?.findEntry(lineNumber, columnNumber)
    const { originalSource, originalLine = 0 } =
      /** @type {{ originalSource?: string, originalLine?: number }} */ (found ?? {})
    const [source, line] = originalSource
      ? [resolve(dirname(path), originalSource), originalLine]
      : [path, lineNumber]
    const short = relative(root, source).replace(/^.*node_modules\//, '')
    return `${short}:${line + 1}`
  }
}
