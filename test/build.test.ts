import { spawn } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

// Three builds at once take 20 s of two cores.
vi.setConfig({ testTimeout: 120_000 })

const root = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = ['core', 'plugins', 'presets', 'scripts', 'test/harness']
const DAY = 86_400

/** A copy of the sources, with the command built in dist/. */
async function checkout() {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'agproxy-build-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (const name of SOURCES) cpSync(join(root, name), join(dir, name), { recursive: true })
  for (const name of readdirSync(root).filter((name) => /\.(ts|json)$/.test(name)))
    cpSync(join(root, name), join(dir, name))
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))

  const run = (args: readonly string[]) =>
    new Promise<{ code: number | null; text: string }>((resolve) => {
      const child = spawn(process.execPath, args, { cwd: dir })
      let text = ''
      child.stdout.on('data', (chunk) => (text += chunk))
      child.stderr.on('data', (chunk) => (text += chunk))
      child.once('close', (code) => resolve({ code, text }))
    })
  const build = (...flags: string[]) => run(['scripts/build.mjs', '--command', ...flags])
  const path = (name: string) => join(dir, name)
  const chunks = () => readdirSync(path('dist/bin'))
  /** Its chunk changes its name, and so does each that loads it. */
  const change = () => appendFileSync(path('core/cli/env.ts'), `\nconsole.log('${Math.random()}')\n`)
  expect(await build()).toEqual({ code: 0, text: '' })
  return { build, run, path, chunks, change, version: () => run(['dist/bin.js', '--version']) }
}

/** A file that nobody replaced has the same inode. */
const inode = (file: string) => statSync(file).ino

describe('a build', () => {
  it('leaves the files that a process of the build before may load', async () => {
    const { build, chunks, change } = await checkout()
    const before = chunks()
    change()
    await build()
    expect(chunks().length).toBeGreaterThan(before.length)
    expect(chunks()).toEqual(expect.arrayContaining(before))
  })

  it('deletes them a week after they were replaced, or at once for a package', async () => {
    const { build, chunks, change, path } = await checkout()
    const first = chunks()
    // Built long ago, but a part of the build until now.
    for (const name of first) utimesSync(path(`dist/bin/${name}`), 1, 1)
    change()
    await build()
    const second = chunks().filter((name) => !first.includes(name))
    expect(chunks()).toEqual(expect.arrayContaining(first))

    const old = Date.now() / 1000 - 8 * DAY
    const replaced = first.find((name) => name.startsWith('env-'))!
    utimesSync(path(`dist/bin/${replaced}`), old, old)
    change()
    await build()
    expect(chunks()).not.toContain(replaced)
    expect(chunks()).toEqual(expect.arrayContaining(second))

    await build('--if-changed', '--clean')
    const { files } = JSON.parse(readFileSync(path('dist/.stamp.json'), 'utf8'))
    expect(chunks().toSorted()).toEqual(
      files
        .filter((file: string) => file.startsWith('bin/'))
        .map((file: string) => file.slice(4))
        .toSorted(),
    )
  })

  it('that fails leaves the one before', async () => {
    const { build, path, version } = await checkout()
    writeFileSync(path('core/cli/env.ts'), 'const = 1')
    const { code, text } = await build()
    expect(code).not.toBe(0)
    expect(text).toContain('core/cli/env.ts')
    expect((await version()).text).toMatch(/^\d+\.\d+\.\d+/)
    expect(readdirSync(path('dist')).filter((name) => name.startsWith('.'))).toEqual(['.stamp.json'])
  })

  it('can be made while another is made, and while the command is used', async () => {
    const { build, version, change, path } = await checkout()
    change()
    let over = false
    const uses: { code: number | null; text: string }[] = []
    const using = (async () => {
      while (!over) uses.push(await version())
    })()
    const builds = await Promise.all([build(), build(), build('--if-changed')])
    over = true
    await using
    expect(builds).toEqual(Array.from({ length: 3 }, () => ({ code: 0, text: '' })))
    expect(uses.length).toBeGreaterThan(2)
    expect(new Set(uses.map(({ code }) => code))).toEqual(new Set([0]))
    expect(readdirSync(path('dist')).filter((name) => name.startsWith('.'))).toEqual(['.stamp.json'])
  })

  it('does not wait for one that was killed', async () => {
    const { build, path } = await checkout()
    writeFileSync(path('dist/.lock'), '999999999')
    cpSync(path('dist/bin'), path('dist/.new-abcdef'), { recursive: true })
    utimesSync(path('dist/.new-abcdef'), 1, 1)
    expect((await build()).code).toBe(0)
    expect(existsSync(path('dist/.new-abcdef'))).toBe(false)
  })
})

describe('--if-changed', () => {
  it('builds only what somebody changed', async () => {
    const { build, path, change } = await checkout()
    const stamp = path('dist/.stamp.json')
    const built = inode(stamp)
    await build('--if-changed')
    appendFileSync(path('agproxy.config.ts'), '\n// the gateway reads it at its start\n')
    writeFileSync(path('notes.txt'), 'not a source')
    await build('--if-changed')
    expect(inode(stamp)).toBe(built)
    change()
    await build('--if-changed')
    expect(inode(stamp)).not.toBe(built)
  })

  it.each([
    ['the lock file is another one', 'package-lock.json'],
    ['a file of the build is gone', 'dist/bin.js'],
  ])('builds when %s', async (_name, file) => {
    const { build, path, version } = await checkout()
    const built = inode(path('dist/.stamp.json'))
    if (file.startsWith('dist')) rmSync(path(file))
    else appendFileSync(path(file), '\n')
    await build('--if-changed')
    expect(inode(path('dist/.stamp.json'))).not.toBe(built)
    expect((await version()).code).toBe(0)
  })
})
