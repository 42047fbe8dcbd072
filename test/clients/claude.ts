import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from './install.js'

export interface RunInit {
  /** Base URL of the gateway. */
  readonly url: string
  readonly args: readonly string[]
  readonly token?: string
  readonly env?: Readonly<Record<string, string>>
  /** It is interrupted (SIGINT) as soon as this resolves. */
  readonly interrupt?: Promise<unknown>
  /** Milliseconds until it is killed; default 90 s. */
  readonly timeout?: number
}

export interface Run {
  readonly code: number | null
  readonly timedOut: boolean
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

/**
 * Runs Claude Code with a home and a working directory of its own, and with nothing of this process's environment but
 * PATH: neither a login nor a setting of whoever runs the tests plays a part.
 */
export async function claude(client: Client, init: RunInit): Promise<Run> {
  const home = await mkdtemp(join(tmpdir(), 'agproxy-claude-'))
  const cwd = join(home, 'work')
  await mkdir(cwd)
  try {
    return await run(client, init, home, cwd)
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

function run(client: Client, init: RunInit, home: string, cwd: string): Promise<Run> {
  const started = performance.now()
  const child = spawn(client.command, [...client.args, ...init.args], {
    cwd,
    // An open stdin makes `-p` wait for more of the prompt.
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group, so that a timeout also ends what the client has started.
    detached: true,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      TMPDIR: home,
      SHELL: '/bin/bash',
      ANTHROPIC_BASE_URL: init.url,
      ANTHROPIC_AUTH_TOKEN: init.token ?? 'sk-test',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      ...init.env,
    },
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // To the group, as a terminal does: the npm form is a launcher that waits for the native binary.
  void init.interrupt?.then(() => process.kill(-child.pid!, 'SIGINT'))
  return new Promise((resolve, reject) => {
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      process.kill(-child.pid!, 'SIGKILL')
    }, init.timeout ?? 90_000)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({
        code,
        timedOut,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
        ms: performance.now() - started,
      })
    })
  })
}
