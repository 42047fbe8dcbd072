import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { startUpstream } from '../support/bad-upstream.js'
import { assistant, CHAT, isMain } from './assistant.js'
import { NEWEST } from './clients.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const LIMIT = 600_000

/** The lines of the README's first block of shell. */
const lines = /^```sh\n([\s\S]*?)^```$/m
  .exec(readFileSync(join(root, 'README.md'), 'utf8'))![1]!
  .trim()
  .split('\n')

/** Runs a script with nothing of this machine but PATH and the way to npm. */
function bash(
  script: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; text: string }> {
  const child = spawn('bash', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += chunk
    })
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), LIMIT - 20_000)
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, text })
    })
  })
}

it.skipIf(!NEWEST[0]?.client)(
  "the README's first screen takes a new user from a clone and a key to Claude Code's answer, in four lines",
  async () => {
    expect(lines).toHaveLength(4)
    const up = await startUpstream(assistant)
    onTestFinished(() => up.close())
    const home = mkdtempSync(join(tmpdir(), 'agproxy first screen '))
    onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))
    const clone = join(home, 'agproxy')
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${root}`, clone])
    const prefix = join(home, 'npm global')
    mkdirSync(prefix)
    chmodSync(home, 0o755)
    const { NODE_EXTRA_CA_CERTS, npm_config_registry } = process.env
    const env = {
      ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }),
      ...(npm_config_registry && { npm_config_registry }),
      ...{ HOME: home, TMPDIR: home, SHELL: '/bin/bash', npm_config_prefix: prefix },
      PATH: [join(prefix, 'bin'), process.env.PATH].join(delimiter),
      ZAI_BASE_URL: up.url, // a scripted upstream in the place of z.ai
      DISABLE_AUTOUPDATER: '1',
    }
    const [install, client, key, session] = lines as [string, string, string, string]
    const script = ['set -e', install, client, key, `cd ~ && ${session} -- -p '${CHAT.prompt}'`].join('\n')
    const { code, text } = await bash(script, clone, env)
    expect(text).toContain('agproxy: started a gateway at http://127.0.0.1:')
    expect(text).toContain(CHAT.answer)
    expect(code).toBe(0)
    const request = up.requests.find(isMain)!
    expect(request.header('x-api-key') ?? request.header('authorization')).toContain('your-key')
    expect(request.json<{ model: string }>().model).toMatch(/^glm-/)
  },
  LIMIT,
)
