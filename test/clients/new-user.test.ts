import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failure } from '../support/anthropic-upstream.js'
import { type Handler, startUpstream } from '../support/bad-upstream.js'
import { builtCli, emptyFolder } from '../support/cli.js'
import { assistant, CHAT, isMain } from './assistant.js'
import { NEWEST } from './clients.js'

const cli = builtCli()
const client = NEWEST[0]?.client
const hasTmux = spawnSync('tmux', ['-V']).status === 0
const page = readFileSync(fileURLToPath(new URL('../../docs/troubleshooting.md', import.meta.url)), 'utf8')

/** A user at a terminal of 120 columns, in a folder that Claude Code trusts, with `agproxy` and `claude` on the PATH. */
async function userAtTerminal(handler: Handler) {
  const up = await startUpstream(handler)
  onTestFinished(() => up.close())
  const home = emptyFolder()
  const cwd = join(home, 'project')
  const bin = join(home, 'bin')
  for (const folder of [cwd, bin]) mkdirSync(folder)
  const program = (name: string, line: string) =>
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 })
  program('agproxy', `'${process.execPath}' '${join(cli.folder, 'bin.js')}'`)
  program('claude', [client!.command, ...client!.args].map((word) => `'${word}'`).join(' '))
  writeFileSync(
    join(home, '.claude.json'),
    JSON.stringify({
      hasCompletedOnboarding: true,
      theme: 'dark',
      projects: { [cwd]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
    }),
  )
  const env = {
    ...{
      HOME: home,
      TMPDIR: home,
      SHELL: '/bin/bash',
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      PS1: 'ready> ',
    },
    ...{ XDG_STATE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config') },
    ...{ ZAI_API_KEY: 'k-0123456789', ZAI_BASE_URL: up.url, AGPROXY_PORT: '1' },
    ...{ DISABLE_AUTOUPDATER: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
    PATH: `${bin}:${process.env.PATH}`,
  }
  const socket = join(home, 'tmux')
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-S', socket, ...args], { cwd, env, encoding: 'utf8' })
  tmux(
    '-f',
    '/dev/null',
    'new-session',
    '-d',
    '-x',
    '120',
    '-y',
    '50',
    '-c',
    cwd,
    "env PS1='ready> ' bash --norc",
  )
  onTestFinished(async () => {
    spawnSync('tmux', ['-S', socket, 'kill-server'])
    await sleep(3_000) // the client saves its session at its end, into the folder that goes
  })
  const screen = () => tmux('capture-pane', '-p', '-J', '-S', '-200')
  return {
    up,
    type: (text: string) => void tmux('send-keys', '-l', text),
    enter: () => void tmux('send-keys', 'Enter'),
    shows: (text: string | RegExp, ms = 40_000) =>
      expect.poll(screen, { timeout: ms, interval: 250 }).toMatch(text),
  }
}

describe.runIf(client && hasTmux)('a new user at a terminal', () => {
  it('types two words and a prompt, and Claude Code answers', async () => {
    const user = await userAtTerminal(assistant)
    user.type('agproxy claude')
    user.enter()
    await user.shows(
      /agproxy: started a gateway at http:\S+ for this session; config none; models opus → glm-/,
    )
    await user.shows(/\? for shortcuts|❯|>/)
    await user.shows('Claude Code')
    user.type(CHAT.prompt)
    user.enter()
    await user.shows(CHAT.answer)
    expect(user.up.requests.filter(isMain)).toHaveLength(1)
    user.type('/exit')
    user.enter()
    await user.shows(/ready>\s*$/m)
    user.type('agproxy logs -n 5')
    user.enter()
    await user.shows(/→ glm-\S+ {2}zai-1 {2}200/)
  })

  it('with a wrong key sees whose it is, as the page on troubleshooting says', async () => {
    const user = await userAtTerminal(() =>
      failure(401, 'authentication_error', 'token expired or incorrect'),
    )
    user.type('agproxy claude')
    user.enter()
    await user.shows('Claude Code')
    user.type(CHAT.prompt)
    user.enter()
    await user.shows(/API Error: 424 the key of account 'zai-1' \(zai\) was refused/)
    expect(page).toContain('API Error: 424 the key of account … was refused')
  })
})
