import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { built } from './build.js'

export interface GatewayProcess {
  readonly url: string
  /** The folder of its config; `save` writes a file there. */
  save(file: string, content: object | string): void
  /** Everything that it printed. */
  readonly output: () => string
  /** Its log lines of finished requests. */
  readonly requests: () => readonly Record<string, unknown>[]
  signal(signal: NodeJS.Signals): void
  /** Resolves with the exit code and the milliseconds that it took from now on; a signal that killed it is its code. */
  exit(): Promise<{ readonly code: number | string; readonly ms: number }>
}

/** `agproxy start` in a process of its own, with a config file in a folder of its own. */
export async function startProcess(
  file: string,
  config: object | string,
  others: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'agproxy-faults-'))
  const save = (name: string, content: object | string) =>
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  save(file, config)
  for (const [name, content] of Object.entries(others)) save(name, content)
  const child = spawn(process.execPath, [join(built, 'bin.js'), 'start', '-c', file, '--port', '0'], {
    cwd: folder,
    env: { PATH: process.env.PATH, XDG_STATE_HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk
  })
  const exited = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal!)),
  )
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const found = /listening on (http:\/\/\S+)/.exec(output)?.[1]
      if (found) resolve(found)
    }
    child.stdout.on('data', look)
    void exited.then((code) => reject(new Error(`ended with ${code}: ${output}`)))
  })
  return {
    url,
    save,
    output: () => output,
    requests: () =>
      output
        .split('\n')
        .filter((line) => line.includes('"msg":"request"'))
        .map((line) => JSON.parse(line)),
    signal: (signal) => void child.kill(signal),
    async exit() {
      const from = performance.now()
      return { code: await exited, ms: performance.now() - from }
    },
  }
}

/** The preset with one account of an upstream at this URL. */
export function configFor(url: string, more: { server?: object; plugins?: object } = {}): object {
  return {
    preset: 'claude-code',
    accounts: [{ id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1' }],
    ...more,
    plugins: { anthropic: { baseURL: url }, ...more.plugins },
  }
}
