import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** A Claude Code that is on this machine, and how to start it. */
export interface Client {
  readonly name: string
  readonly version: string
  readonly command: string
  readonly args: readonly string[]
}

export type Kind = 'native' | 'npm'

const CACHE = fileURLToPath(new URL('../../.cache/clients/', import.meta.url))
const SCOPE = '@anthropic-ai'

/** 2.0.77 is the last line that is JavaScript alone: it sends warm-up streams and telemetry. 2.1.330 is a native binary. */
export const VERSIONS = { native: '2.1.330', javascript: '2.0.77' } as const

/** With these set a client that can't be installed is a failure, and not a reason to skip. */
export const required = process.env.CI === 'true' || process.env.REQUIRE_CLIENTS === '1'

/** The client in one of its forms: the platform's native binary, or what the npm package starts with node. */
export async function client(kind: Kind, version: string): Promise<Client> {
  const folder = join(CACHE, version)
  const locate = kind === 'native' ? nativeBinary : nodeScript
  let file = locate(folder)
  if (!file) {
    await install(version, folder)
    file = locate(folder)
  }
  // npm passes over an optional package that it can't get, and the platform's binary is one.
  if (!file) throw new Error(`the package has nothing for ${process.platform}-${process.arch}`)
  const name = `${kind} ${version}`
  if (kind === 'native') return { name, version, command: file, args: [] }
  return { name, version, command: process.execPath, args: [file] }
}

/**
 * Puts an exact version into `.cache/clients`. `--ignore-scripts`: the postinstall only copies the native binary over a
 * stub, and the platform's package holds it anyway.
 */
const install = (version: string, folder: string) => npmInstall(folder, [`${SCOPE}/claude-code@${version}`])

/** Other clients, as packages in a folder of their own below `.cache/clients`; returns it. Undefined where they can't be installed and need not be. For one test file alone: what several need, setup.ts installs. */
export async function packages(
  name: string,
  list: readonly string[],
  flags: readonly string[] = [],
): Promise<string | undefined> {
  const folder = join(CACHE, name)
  if (existsSync(join(folder, 'installed'))) return folder
  try {
    await npmInstall(folder, [...flags, ...list])
    await writeFile(join(folder, 'installed'), list.join('\n'))
    return folder
  } catch (error) {
    if (required) throw error
    console.warn(`\nSKIPPED: ${list.join(', ')} could not be installed: ${(error as Error).message}\n`)
    return undefined
  }
}

async function npmInstall(folder: string, what: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const args = [
    ...['install', '--prefix', folder, '--save-exact', '--ignore-scripts', '--no-package-lock'],
    ...['--no-audit', '--no-fund', '--loglevel=error'],
    ...['--fetch-retries=2', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000'],
    ...what,
  ]
  try {
    await promisify(execFile)('npm', args, { timeout: 300_000 })
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    throw new Error(stderr.trim().split('\n').slice(0, 4).join('; ') || message)
  }
}

function nativeBinary(folder: string): string | undefined {
  const name = `claude-code-${process.platform}-${process.arch}`
  const file = process.platform === 'win32' ? 'claude.exe' : 'claude'
  return [name, `${name}-musl`]
    .map((suffix) => join(folder, 'node_modules', SCOPE, suffix, file))
    .find((path) => existsSync(path))
}

/** 2.1.x is started by its launcher: the package's bin is a stub until its postinstall ran. */
function nodeScript(folder: string): string | undefined {
  return ['cli.js', 'cli-wrapper.cjs']
    .map((file) => join(folder, 'node_modules', SCOPE, 'claude-code', file))
    .find((path) => existsSync(path))
}
