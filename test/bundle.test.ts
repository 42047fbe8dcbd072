import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
mkdirSync(join(root, '.cache'), { recursive: true })
const out = mkdtempSync(join(root, '.cache/bundle-'))

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build.mjs', '--command', '--outdir', out], { cwd: root })
}, 60_000)
afterAll(() => rmSync(out, { recursive: true, force: true }))

const files = () =>
  readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => ({ file, text: readFileSync(join(out, file), 'utf8') }))

it('holds nothing that downloads and runs a program, asks on the terminal, or opens a browser by a script of its own', () => {
  expect(files().length).toBeGreaterThan(20)
  for (const { file, text } of files()) {
    expect(file).not.toMatch(/cloudflared|untun|prompt|xdg-open|tinyclip|watcher/)
    expect(text).not.toMatch(
      /cloudflared|Do you agree with the license|xdg-utils|releases\/latest\/download/i,
    )
  }
})

it('names the licences of the packages in it, and of no other', () => {
  const licences = readFileSync(join(out, 'bin/THIRD-PARTY-LICENSES.txt'), 'utf8')
  expect(licences).toMatch(/^listhen \d/m)
  expect(licences).not.toMatch(/^(untun|tinyclip|@parcel\/watcher\S*) \d/m)
})
