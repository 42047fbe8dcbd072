import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../../dist/page/', import.meta.url))
/** Bytes of the first load, compressed as they are sent. */
const LIMIT = 60 * 1024

it('loads 60 kB at first, at most, and the parts of other views when they are opened', () => {
  const index = readFileSync(`${folder}index.html`, 'utf8')
  const first = [...index.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, name]) => name!)
  expect(first.filter((name) => /\.(js|css)$/.test(name)).length).toBeGreaterThanOrEqual(2)
  const bytes = ['index.html', ...first].map((name) => gzipSync(readFileSync(folder + name)).length)
  const sum = bytes.reduce((all, each) => all + each, 0)
  console.log(`first load: ${first.length + 1} files, ${sum} bytes`)
  expect(sum).toBeLessThan(LIMIT)
  const later = readdirSync(`${folder}assets`).filter((name) => !first.includes(`assets/${name}`))
  expect(later.some((name) => name.startsWith('plot-'))).toBe(true)
})

it('is a page and nothing else: no script or style in its text, no file of another place', () => {
  const index = readFileSync(`${folder}index.html`, 'utf8')
  expect(index).not.toMatch(
    /<style|style=|<script(?! type="module" crossorigin src="\.\/assets\/)|https?:|\bon\w+=/,
  )
  expect(existsSync(`${folder}THIRD-PARTY-LICENSES.txt`)).toBe(true)
})
