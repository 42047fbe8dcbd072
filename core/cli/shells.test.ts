import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { shellLines, usualShell } from './shells.js'

const ODD = `it's "a" $key \`x\` \\ %PATH% ‘y’ ;&|`

describe('the lines for a shell', () => {
  const settings = { set: { URL: 'http://[::1]:1', KEY: ODD }, unset: ['OTHER'] }

  test.each(['sh', 'bash', 'zsh'])('%s', (shell) => {
    expect(shellLines({ set: { URL: 'http://[::1]:1', KEY: "it's" }, unset: ['OTHER'] }, shell)).toBe(
      "export URL=http://[::1]:1\nexport KEY='it'\\''s'\nunset OTHER\n",
    )
  })

  test('a POSIX shell that evaluates them has the very values', () => {
    const script = `eval "$LINES_"; printf '%s\\n%s\\n%s' "$URL" "$KEY" "\${OTHER-unset}"`
    const env = { PATH: process.env.PATH, LINES_: shellLines(settings, 'sh'), OTHER: 'set' }
    const { stdout } = spawnSync('sh', ['-c', script], { env, encoding: 'utf8' })
    expect(stdout.split('\n')).toEqual(['http://[::1]:1', ODD, 'unset'])
  })

  test('fish', () => {
    expect(shellLines({ set: { KEY: `it's \\ $x` }, unset: ['OTHER'] }, 'fish')).toBe(
      "set -gx KEY 'it\\'s \\\\ $x'\nset -e OTHER\n",
    )
  })

  test.each(['powershell', 'pwsh'])('%s, where curly quotes end a text too', (shell) => {
    expect(shellLines(settings, shell)).toBe(
      `$env:URL = 'http://[::1]:1'\n$env:KEY = 'it''s "a" $key \`x\` \\ %PATH% ‘‘y’’ ;&|'\n` +
        'Remove-Item Env:OTHER -ErrorAction SilentlyContinue\n',
    )
  })

  test('cmd', () => {
    expect(shellLines({ set: { KEY: '50% & more' }, unset: ['OTHER'] }, 'cmd')).toBe(
      '@set "KEY=50%% & more"\r\n@set "OTHER="\r\n',
    )
  })

  test('of one that is not known', () => {
    expect(() => shellLines(settings, 'powershel')).toThrow(
      "--shell: no shell 'powershel'; known are sh, bash, zsh, fish, powershell, pwsh, cmd; did you mean 'powershell'?",
    )
    expect(() => shellLines(settings, 'toString')).toThrow("no shell 'toString'")
  })
})

test.each([
  ['win32', {}, 'powershell'],
  ['win32', { SHELL: '/usr/bin/bash' }, 'sh'],
  ['linux', { SHELL: '/usr/bin/fish' }, 'sh'],
  ['darwin', {}, 'sh'],
] as const)('the usual shell on %s with %j is %s', (platform, env, shell) => {
  expect(usualShell(platform, env)).toBe(shell)
})
