import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { runCli } from './main.js'
import { table } from './table/index.js'

async function script(...shell: string[]) {
  let out = ''
  let err = ''
  const code = await runCli(['completion', ...shell], {
    cwd: '/',
    env: {},
    out: (text) => (out += text),
    err: (text) => (err += text),
    presets: async () => ({}),
    modules: async () => ({}),
  })
  return { code, out, err }
}

it('bash completes commands and their flags', async () => {
  const { out } = await script('bash')
  const complete = (words: string[]) => {
    const line = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _agproxy; echo "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['--norc', '-c', `${out}\n${line}`], { encoding: 'utf8' }).stdout.trim()
  }
  expect(complete(['agproxy', 'che'])).toBe('check')
  expect(complete(['agproxy', 'check', '--pr'])).toBe('--preset --probe')
})

it.each(['bash', 'zsh', 'fish', 'powershell'])('%s knows every command', async (shell) => {
  const { code, out } = await script(shell)
  expect(code).toBe(0)
  for (const name of Object.keys(table)) expect(out).toContain(name)
})

it('another shell is refused with those that there are', async () => {
  expect(await script('bahs')).toEqual({
    code: 2,
    out: '',
    err: "agproxy: completion wants the name of a shell: bash, zsh, fish, powershell; did you mean 'bash'?\n",
  })
  expect((await script()).code).toBe(2)
})
