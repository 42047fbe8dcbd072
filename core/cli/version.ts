import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** agproxy's own folder, some folders above the source or the build, with a slash at its end; and its version. */
const found = find(new URL('.', import.meta.url))

export const packageFolder: string = fileURLToPath(found.folder)
export const version: string = found.version

function find(folder: URL): { readonly folder: URL; readonly version: string } {
  try {
    const { name, version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
    if (name === 'agproxy') return { folder, version }
  } catch {
    // none here, or none that can be read
  }
  const parent = new URL('..', folder)
  return parent.href === folder.href ? { folder, version: 'unknown' } : find(parent)
}
