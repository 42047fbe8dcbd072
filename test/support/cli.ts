import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly cwd: string
  /** The whole environment apart from PATH, HOME and folders of the test's own for state and config, so that nothing of this machine plays a part. */
  readonly env?: NodeJS.ProcessEnv
  /** The Node binary that runs it; default: the one that runs the test. */
  readonly node?: string
}

/** A command that runs until it is told to stop. */
export interface Running {
  readonly child: ChildProcess
  /** Resolves with what was printed so far once `text` is part of it. Rejects when the command ends before, or after `ms`. */
  printed(text: string | RegExp, ms?: number): Promise<string>
  readonly finished: Promise<Finished>
}

export interface Cli {
  /** Where its `bin.js` is. */
  readonly folder: string
  run(args: readonly string[], options: RunOptions): Promise<Finished>
  start(args: readonly string[], options: RunOptions): Running
}

/** Where the build of this worker lies; `removed-builds.ts` takes it away when the run is over. */
const out = join(root, '.cache', `cli-${process.ppid}-${process.pid}`)
let isBuilt = false
let files = 0

/** The command line as it is shipped: bundled, in a process of its own. Built once for all files of a worker: some twenty want it, and it takes 2 s. */
export function builtCli(): Cli {
  beforeAll(() => {
    if (isBuilt) return
    const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--command', '--outdir', out], {
      cwd: root,
      stdio: 'inherit',
    })
    if (status !== 0) throw new Error('the command could not be built')
    isBuilt = true
  }, 60_000)
  const own = join(out, `user-${++files}`)
  afterAll(() => rmSync(own, { recursive: true, force: true }))
  const XDG_STATE_HOME = join(own, 'state')
  const XDG_CONFIG_HOME = join(own, 'config')

  const start = (
    args: readonly string[],
    { cwd, env = {}, node = process.execPath }: RunOptions,
  ): Running => {
    const { PATH, HOME } = process.env
    const child = spawn(node, [join(out, 'bin.js'), ...args], {
      cwd,
      env: { PATH, HOME, XDG_STATE_HOME, XDG_CONFIG_HOME, ...env },
    })
    onTestFinished(() => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    })
    return watch(child)
  }
  return { folder: out, start, run: (args, options) => start(args, options).finished }
}

function watch(child: ChildProcess): Running {
  let out = ''
  let err = ''
  const listeners = new Set<() => void>()
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    out += text
    for (const listener of listeners) listener()
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    err += text
    for (const listener of listeners) listener()
  })
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
  return {
    child,
    finished,
    printed: (text, ms = 15_000) =>
      new Promise((resolve, reject) => {
        const has = () => (typeof text === 'string' ? (out + err).includes(text) : text.test(out + err))
        const look = () => has() && end(() => resolve(out + err))
        const timer = setTimeout(() => end(() => reject(new Error(`not printed: ${text}\n${out}${err}`))), ms)
        const end = (then: () => void) => {
          clearTimeout(timer)
          listeners.delete(look)
          then()
        }
        listeners.add(look)
        void finished.then(() => (has() ? look() : end(() => reject(new Error(`ended: ${out}${err}`)))))
        look()
      }),
  }
}

/** An empty folder outside the repository, for the duration of a test. */
export function emptyFolder(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'agproxy-cli-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A path as the command prints it for a shell: in quotes where it has spaces. */
export const shellWord = (path: string): string => (/\s/.test(path) ? `"${path}"` : path)
