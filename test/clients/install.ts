import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
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

/**
 * Puts an exact version into `.cache/clients`, once. `--ignore-scripts`: the postinstall only copies the native binary
 * over a stub, and the platform's package holds it anyway.
 */
export async function install(version: string): Promise<string> {
  const folder = join(CACHE, version)
  const done = join(folder, 'installed')
  if (existsSync(done)) return folder
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
  await promisify(execFile)(
    'npm',
    [
      ...['install', '--prefix', folder, '--save-exact', '--ignore-scripts'],
      ...['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', '--fetch-retries=1'],
      `${SCOPE}/claude-code@${version}`,
    ],
    { timeout: 300_000 },
  )
  await writeFile(done, '')
  return folder
}

/** The client in one of its forms: the platform's native binary, or what the npm package starts with node. */
export async function client(kind: Kind, version: string): Promise<Client> {
  const modules = join(await install(version), 'node_modules', SCOPE)
  const name = `${kind} ${version}`
  if (kind === 'native') {
    const binary = platformPackages()
      .map((suffix) => join(modules, `claude-code-${suffix}`))
      .find((folder) => existsSync(folder))
    if (!binary)
      throw new Error(`claude-code ${version} has no native binary for ${platformPackages().join(' or ')}`)
    const file = process.platform === 'win32' ? 'claude.exe' : 'claude'
    return { name, version, command: join(binary, file), args: [] }
  }
  const folder = join(modules, 'claude-code')
  const { bin } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    bin: { claude: string }
  }
  // Of 2.1.x the bin is a stub until its postinstall ran; the launcher beside it needs none.
  const file = bin.claude.endsWith('.js') ? bin.claude : 'cli-wrapper.cjs'
  return { name, version, command: process.execPath, args: [join(folder, file)] }
}

function platformPackages(): string[] {
  const name = `${process.platform}-${process.arch}`
  return process.platform === 'linux' ? [name, `${name}-musl`] : [name]
}
