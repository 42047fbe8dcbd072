import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { emptyFolder } from './support/cli.js'
import { editorIn } from './support/language-server.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A user's project with agproxy installed, and its config open in an editor. */
async function project() {
  const folder = emptyFolder()
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'agproxy'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "theirs", "type": "module" }')
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  writeFileSync(join(folder, 'agproxy.config.ts'), '')
  const { completions, commentOf, errors } = await editorIn(folder, 'agproxy.config.ts')
  const config = (body: string) =>
    `import { defineConfig } from 'agproxy'\nimport { ollama } from 'agproxy/plugins'\n\nexport default defineConfig({ ${body} })\n`
  return {
    offered: (body: string) => completions(config(body)),
    commentOf: (body: string) => commentOf(config(body)),
    red: (body: string) => errors(config(body)),
  }
}

test('an editor completes a config, documents its options with their defaults, and marks what is wrong', async () => {
  const { offered, commentOf, red } = await project()
  const names = async (body: string) => [...(await offered(body)).keys()]

  const top = await offered('|')
  expect(top.get('preset')).toContain('Default: `claude-code`')
  for (const name of ['server', 'accounts', 'plugins', 'log', 'state'])
    expect(top.get(name), name).toMatch(/\w/)
  expect(await names('server: { | }')).toEqual(
    expect.arrayContaining(['host', 'port', 'bodyLimit', 'adminKey']),
  )
  expect(await names('plugins: { zai: { | } }')).toEqual(
    expect.arrayContaining(['baseURL', 'models', 'opus']),
  )
  expect(await names("plugins: { auth: { mode: '|' } }")).toEqual([
    'all-except-health',
    'auto',
    'off',
    'strict',
  ])
  expect(await names("preset: '|'")).toEqual(['claude-code', 'passthrough'])
  expect(await names("accounts: [{ upstream: '|' }]")).toEqual(['anthropic', 'echo', 'zai'])
  expect(await names("accounts: [{ upstream: '|' }], use: [ollama]")).toContain('ollama')

  // TypeScript 7 shows no comments of mapped types among its completions, TypeScript 5 does; both lead to them.
  expect(await commentOf('server: { po|rt: 1 }')).toMatch(/Default: 8045/)
  expect(await commentOf("accounts: [{ upstream: 'zai', wei|ght: 2 }]")).toMatch(/Default: /)
  expect(await commentOf("plugins: { 'stream-guard': { heart|beat: 1 } }")).toMatch(/Default: 15000/)
  expect(await commentOf("plugins: { zai: { op|us: 'glm' } }")).toMatch(/Default: `glm-/)
  expect(await commentOf('use: [ollama({ needs|Key: true })]')).toMatch(/Default: true/)

  expect(await red("accounts: [{ upstream: 'ollama' }], use: [ollama]")).toEqual([])
  const wrong: [string, string][] = [
    ["accounts: [{ upstream: 'zia' }]", 'zia'],
    ["accounts: [{ upstream: 'ollama' }]", 'ollama'],
    ["preset: 'claud'", 'claud'],
    ['server: { prot: 1 }', 'prot'],
    ['plugins: { zai: { modles: {} } }', 'modles'],
  ]
  for (const [body, word] of wrong) expect((await red(body)).join('\n'), body).toContain(word)
}, 60_000)
