import { readFileSync } from 'node:fs'

/** From the package.json of agproxy, some folders above the source or the build. */
export const version: string = find(new URL('.', import.meta.url))

function find(folder: URL): string {
  try {
    const { name, version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
    if (name === 'agproxy') return version
  } catch {
    // none here, or none that can be read
  }
  const parent = new URL('..', folder)
  return parent.href === folder.href ? 'unknown' : find(parent)
}
