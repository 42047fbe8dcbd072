import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isRecord, parseJson } from '../../json/plain.js'
import { clientKey, clientURL } from '../client.js'
import { commandFor } from '../client-command.js'
import { clientSettings, OTHER_BACKENDS } from '../client-env.js'
import { findGateway } from '../find-gateway.js'
import { edit, type Finding, type Patient } from './finding.js'

const PATIENCE = 10_000
const about = 'claude code'

/** The client itself. */
export async function client({ context: { env } }: Patient): Promise<Finding> {
  const { file, args } = commandFor('claude', ['--version'], env)
  const version = await new Promise<string | undefined>((resolve) => {
    execFile(file, [...args], { env, timeout: PATIENCE }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim().split('\n')[0]),
    )
  })
  if (version) return { about, level: 'ok', text: version }
  const text = "no 'claude' on the PATH reports its version"
  return { about, level: 'warn', text, mend: 'npm install -g @anthropic-ai/claude-code' }
}

/** What in this shell would keep the client from the gateway; `agproxy claude` takes it away, a bare `claude` does not. */
export async function shell(patient: Patient): Promise<Finding> {
  const { config, args, context } = patient
  const { env } = context
  const url = (await findGateway(config, env, args))?.url ?? clientURL(config.server)
  const { unset } = clientSettings(env, url, clientKey(config))
  const base = env.ANTHROPIC_BASE_URL
  const faults = [
    ...unset.map((name) => `${name} is set`),
    ...(base !== undefined && !samePlace(base, url) ? [`ANTHROPIC_BASE_URL is ${base}, not ${url}`] : []),
  ]
  if (faults.length > 0)
    return {
      about: 'shell',
      level: 'warn',
      text: `${faults.join('; ')}: a bare \`claude\` here bypasses the gateway`,
      mend: 'eval "$(agproxy env)"',
    }
  const text =
    base === undefined ? 'nothing is set: `claude` alone does not use the gateway' : `points at ${base}`
  return base === undefined
    ? { about: 'shell', level: 'ok', text: `${text}, \`agproxy claude\` does` }
    : { about: 'shell', level: 'ok', text }
}

/** Settings files, of which each wins over the environment, and so over `agproxy env` and `agproxy claude`. Read, never changed. */
export function settings({ config, context: { cwd, env } }: Patient): Finding[] {
  const found = settingsFiles(cwd, env).flatMap((file) =>
    faultsIn(file, clientURL(config.server), config.server.port),
  )
  return found.length > 0
    ? found
    : [{ about: 'settings', level: 'ok', text: 'none of Claude Code’s settings files is in the way' }]
}

function settingsFiles(cwd: string, env: NodeJS.ProcessEnv): string[] {
  const own = env.CLAUDE_CONFIG_DIR || join(env.HOME || homedir(), '.claude')
  const managed: Partial<Record<NodeJS.Platform, string>> = {
    darwin: '/Library/Application Support/ClaudeCode',
    linux: '/etc/claude-code',
    win32: 'C:\\Program Files\\ClaudeCode',
  }
  const folder = managed[process.platform]
  return [
    ...(folder ? [join(folder, 'managed-settings.json')] : []),
    join(own, 'settings.json'),
    join(cwd, '.claude', 'settings.json'),
    join(cwd, '.claude', 'settings.local.json'),
  ]
}

function faultsIn(file: string, url: string, port: number): Finding[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  const fault = (what: string, mend: string): Finding => ({
    about: 'settings',
    level: 'error',
    text: `${file}: ${what}`,
    mend: edit(file, mend),
  })
  const value = parseJson(text)
  if (!isRecord(value)) return [fault('is no JSON object, so Claude Code ignores it', 'mend its syntax')]
  const env = isRecord(value.env) ? value.env : {}
  const base = env.ANTHROPIC_BASE_URL
  return [
    ...(typeof base === 'string' && port !== 0 && !samePlace(base, url)
      ? [
          fault(
            `env.ANTHROPIC_BASE_URL is ${base}, which wins over the environment`,
            `set it to ${url}, or take it out`,
          ),
        ]
      : []),
    ...['ANTHROPIC_API_KEY', ...OTHER_BACKENDS]
      .filter((name) => env[name] !== undefined)
      .map((name) =>
        fault(`env.${name} is set, which keeps Claude Code from the gateway`, `take env.${name} out`),
      ),
    ...(value.apiKeyHelper === undefined
      ? []
      : [fault('apiKeyHelper gives a key of its own, which fights the gateway’s', 'take apiKeyHelper out')]),
  ]
}

/** `localhost` is the loopback address by another name. */
function samePlace(a: string, b: string): boolean {
  if (!URL.canParse(a)) return false
  const place = (text: string) => {
    const { protocol, hostname, port } = new URL(text)
    return `${protocol}//${/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname) ? 'loopback' : hostname}:${port}`
  }
  return place(a) === place(b)
}
