import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { presets } from '../../presets/index.js'
import { builtCli, emptyFolder, shellWord } from '../../test/support/cli.js'
import { runCli } from './main.js'

const cli = builtCli()
const read = (dir: string, file: string) => readFileSync(join(dir, file), 'utf8')

test('writes a plugin, its test and its line, and the chain has it', async () => {
  const dir = emptyFolder()
  const made = await cli.run(['init', '--plugin', 'house-rules'], { cwd: dir })
  expect(made).toMatchObject({ code: 0, err: '' })
  expect(made.out).toContain('Wrote plugins/house-rules.ts and plugins/house-rules.test.ts.\n')
  expect(made.out).toContain('Wrote agproxy.config.ts with it.\n')
  const here = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
  expect(made.out).toContain(`(before that: npm install -D ${shellWord(here)} vitest)`)
  const second = await cli.run(['init', '--plugin', 'other'], { cwd: dir })
  expect(second.out).toContain('Added it to agproxy.config.ts.\n')
  const checked = await cli.run(['check'], { cwd: dir })
  expect(checked).toMatchObject({ code: 0, err: '' })
  expect(checked.out).toMatch(/house-rules {2}\(phase request/)
  expect(checked.out).toMatch(/other {2}\(phase request/)
})

test('overwrites nothing', async () => {
  const dir = emptyFolder()
  mkdirSync(join(dir, 'plugins'))
  writeFileSync(join(dir, 'plugins', 'mine.test.ts'), 'mine')
  const { code, err } = await cli.run(['init', '--plugin', 'mine'], { cwd: dir })
  expect([code, err]).toEqual([1, 'agproxy: plugins/mine.test.ts is there already; nothing was written\n'])
  expect([existsSync(join(dir, 'plugins/mine.ts')), existsSync(join(dir, 'agproxy.config.ts'))]).toEqual([
    false,
    false,
  ])
  expect(read(dir, 'plugins/mine.test.ts')).toBe('mine')
})

test('prints the lines where the config is not certain to be edited right', async () => {
  const dir = emptyFolder()
  const text = 'const config = {}\nexport default config\n'
  writeFileSync(join(dir, 'agproxy.config.ts'), text)
  const { code, out } = await cli.run(['init', '--plugin', 'mine'], { cwd: dir })
  expect(code).toBe(0)
  expect(out).toContain("  import { mine } from './plugins/mine.js'\n  use: [mine],\n")
  expect(read(dir, 'agproxy.config.ts')).toBe(text)
})

test.each(['My-Plugin', '../up', 'a--b', '', 'class', 'auth', 'x'.repeat(61)])(
  'refuses the name %j',
  async (name) => {
    const dir = emptyFolder()
    const { code, err } = await cli.run(['init', `--plugin=${name}`], { cwd: dir })
    expect([code, existsSync(join(dir, 'plugins'))]).toEqual([2, false])
    expect(err).toMatch(/--plugin/)
  },
)

test('a config imports the kit', async () => {
  const dir = emptyFolder()
  const text = `import { definePlugin } from 'agproxy'
import { mapText } from 'agproxy/kit'
const shout = definePlugin({
  name: 'shout',
  phase: 'request',
  create: () => ({ onReply: (reply) => mapText(reply, (text) => text.toUpperCase(), { hold: 0 }) }),
})
export default { use: [shout] }
`
  writeFileSync(join(dir, 'agproxy.config.ts'), text)
  const checked = await cli.run(['check'], { cwd: dir })
  expect(checked).toMatchObject({ code: 0, err: '' })
  expect(checked.out).toMatch(/shout {2}\(phase request/)
})

describe('what it writes', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  mkdirSync(join(root, '.cache'), { recursive: true })
  const dir = mkdtempSync(join(root, '.cache', 'init-plugin-'))
  afterAll(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'agproxy.config.ts'), 'export default {\n}\n')
  const said: string[] = []
  const talk = { out: (text: string) => void said.push(text), err: () => {} }
  const context = { cwd: dir, env: {}, ...talk, presets: async () => presets, modules: async () => ({}) }
  await runCli(['init', '--plugin', 'sample-plugin'], context)

  test('needs nothing more where both packages are, as in a clone', () => {
    expect(said.join('')).toMatch(/^Next: .* check, and npx vitest run for its test\.$/m)
  })

  test('compiles', () => {
    const settings = { extends: join(root, 'tsconfig.json'), include: ['**/*.ts'], exclude: [] }
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(settings))
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' })
    expect(stdout).toBe('')
  }, 60_000)

  await import(join(dir, 'plugins', 'sample-plugin.test.ts'))
})
