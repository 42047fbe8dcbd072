import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { extraArgs } from '../../core/cli/client-extras.js'
import { answer, anthropicUpstream } from '../support/anthropic-upstream.js'
import type { Handler } from '../support/bad-upstream.js'
import { builtCli } from '../support/cli.js'
import { stand, zaiPair } from '../support/stand.js'
import { toolResult } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, NEWEST } from './clients.js'

const cli = builtCli()
/** util-linux gives a program a terminal; another system's `script` takes other flags. */
const hasTerminal =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false
const KEY = 'admin-key-1234'
const PROMPT = 'What did this session cost until now?'
const TOOL = 'mcp__agproxy__cost_so_far'

/** Plays a model that asks the gateway's own tool, and repeats what it says. */
const curious: Handler = anthropicUpstream((request) => {
  const body = JSON.stringify(request.json())
  if (!body.includes(PROMPT) || !body.includes(TOOL)) return answer({ text: 'ok' }, request)
  const result = toolResult(request)
  if (result !== undefined) return answer({ text: `It says: ${result}` }, request)
  return answer({ text: 'I ask.', toolUse: { name: TOOL, input: {} } }, request)
})

describeClients(NEWEST, (client) => {
  it('asks the gateway what its session costs, by the tools of agproxy claude --mcp', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agproxy-tools-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
    const { url, gateway } = await stand(curious, {
      config: (up) => ({
        ...zaiPair(up),
        server: { adminKey: KEY },
        plugins: { zai: { baseURL: up }, trace: {}, ledger: { file: join(folder, 'ledger.db') } },
      }),
      env: { AGPROXY_LEDGER: 'true' },
    })
    const command = [process.execPath, join(cli.folder, 'bin.js')]
    const words = ['-p', PROMPT, '--allowedTools', TOOL]
    const extra = extraArgs(words, { statusline: true, mcp: true }, {}, folder, command)
    expect(extra).toHaveLength(1)
    const env = { AGPROXY_PORT: new URL(url).port, AGPROXY_ADMIN_KEY: KEY, XDG_STATE_HOME: folder }
    const run = await claude(client, { url, args: [...extra, ...words], env })
    expect(run).toMatchObject({ code: 0, timedOut: false })
    // One request of this session was finished when it asked.
    expect(run.stdout).toMatch(/It says: .*This session: \$0\.\d{4} .*1 request, 0 failed/)
    expect(gateway.requests('messages').length).toBeGreaterThanOrEqual(2)
  })
})

/** On a terminal of its own a program is in no group of ours, and writes into its home while it ends. */
function killTree(pid: number): void {
  const file = `/proc/${pid}/task/${pid}/children`
  const children = existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ') : []
  for (const child of children.filter(Boolean)) killTree(Number(child))
  try {
    process.kill(pid, 'SIGKILL')
  } catch {} // it has ended
}

describeClients(NEWEST, (client) => {
  it.skipIf(!hasTerminal)('shows the line of agproxy statusline in a session on a terminal', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agproxy-line-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
    const { url } = await stand(anthropicUpstream({ text: 'There you are.' }), {
      config: (up) => ({
        ...zaiPair(up),
        server: { adminKey: KEY },
        plugins: { zai: { baseURL: up }, trace: {} },
      }),
    })
    const work = join(folder, 'work')
    mkdirSync(work)
    // As it is after the first start, with the folder trusted.
    const known = {
      hasCompletedOnboarding: true,
      theme: 'dark',
      projects: { [work]: { hasTrustDialogAccepted: true } },
    }
    writeFileSync(join(folder, '.claude.json'), JSON.stringify(known))
    const extra = extraArgs(['hello there'], { statusline: true, mcp: false }, { HOME: folder }, work, [
      process.execPath,
      join(cli.folder, 'bin.js'),
    ])
    const words = [client.command, ...client.args, ...extra, 'hello there'].map(
      (word) => `'${word.replaceAll("'", `'\\''`)}'`,
    )
    const child = spawn('script', ['-qfec', words.join(' '), '/dev/null'], {
      cwd: work,
      detached: true,
      env: {
        ...{
          PATH: process.env.PATH,
          HOME: folder,
          TMPDIR: folder,
          SHELL: '/bin/bash',
          TERM: 'xterm-256color',
        },
        ...{ ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: 'sk-test', DISABLE_AUTOUPDATER: '1' },
        ...{
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          AGPROXY_STATUSLINE_FORMAT: 'line-of-{model}',
        },
        ...{ AGPROXY_PORT: new URL(url).port, AGPROXY_ADMIN_KEY: KEY, XDG_STATE_HOME: folder },
      },
    })
    onTestFinished(() => killTree(child.pid!))
    // On a busy machine a line may come too late; each turn asks for it anew.
    const more = setInterval(() => {
      child.stdin.write('again')
      setTimeout(() => child.stdin.write('\r'), 300)
    }, 4_000)
    onTestFinished(() => clearInterval(more))
    let seen = ''
    child.stdout.on('data', (chunk: Buffer) => (seen += stripVTControlCharacters(chunk.toString('utf8'))))
    await expect.poll(() => seen, { timeout: 60_000, interval: 200 }).toMatch(/line-of-(glm-5\.3|Opus)/)
  })
})
