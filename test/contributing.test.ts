import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/* What a newcomer reads first speaks of files and commands that exist. */

const root = fileURLToPath(new URL('..', import.meta.url))
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
/** Made by a command, or there for one user alone. */
const MADE = /^dist\//
const TOP = readdirSync(root)

/** Code spans that are a path from the root: their first part is there, or looks as if it ought to be. */
function pathsIn(page: string): string[] {
  return [...page.matchAll(/`([\w.@-]+(?:\/[\w.@-]*)+|[\w-]+\.(?:ts|md))`/g)]
    .map(([, path]) => path!)
    .filter((path) => path.includes('/') || TOP.includes(path))
    .filter((path) => !MADE.test(path) && !path.startsWith('agproxy/'))
}

describe.each(['CONTRIBUTING.md', 'AGENTS.md'])('%s', (name) => {
  const page = readFileSync(join(root, name), 'utf8')

  it('names files that are there', () => {
    const known = (path: string) =>
      [root, join(root, 'test'), join(root, 'core')].some((folder) => existsSync(join(folder, path)))
    expect(pathsIn(page).filter((path) => !known(path))).toEqual([])
    expect(pathsIn(page).length).toBeGreaterThan(2)
  })

  it('names commands that are there', () => {
    const named = [...page.matchAll(/npm (?:run )?([a-z]+(?::[a-z]+)?)/g)].map(([, command]) => command!)
    expect(named.filter((command) => command !== 'ci' && !Object.hasOwn(scripts, command))).toEqual([])
    expect(named).toContain('test')
  })
})

it('CONTRIBUTING.md repeats no layout: AGENTS.md and docs/architecture.md have it', () => {
  const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  expect(page).toContain('](AGENTS.md)')
  expect(page).not.toMatch(/^## Layout/m)
  expect(page.split('\n').length).toBeLessThan(40)
})
