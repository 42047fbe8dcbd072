import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageFolder } from '../version.js'
import { ALL, type Answers } from './answers.js'

/** A file to write, with its mode. */
export interface Written {
  readonly name: string
  readonly text: string
  readonly mode: number
}

/** The files that the answers come to: the config, and the `.env` beside it. */
export function filesOf(answers: Answers, folder: string): Written[] {
  const { format, key, keyIn, upstream } = answers
  const holdsKey = key !== '' && keyIn === 'config'
  const text = format === 'ts' ? typeScript(answers, folder) : json(answers, folder)
  const config: Written = { name: `agproxy.config.${format}`, text, mode: holdsKey ? 0o600 : 0o644 }
  if (key === '' || keyIn !== 'env-file') return [config]
  return [config, { name: '.env', text: `${upstream.variable}=${key}\n`, mode: 0o600 }]
}

/** An account must be named where its key or its upstream is not what the environment alone would give. */
function accountsOf({ upstream, key, keyIn, baseURL }: Answers, fromVariable: unknown): object[] {
  const holdsKey = keyIn === 'config' && key !== ''
  if (upstream.kind === 'preset' && keyIn !== 'config') return []
  const apiKey = holdsKey ? key : fromVariable
  return [
    {
      ...(upstream.kind === 'url' && { id: new URL(baseURL!).hostname }),
      upstream: upstream.name,
      ...(!(upstream.isLocal && key === '') && { apiKey }),
    },
  ]
}

function configOf(answers: Answers, fromVariable: unknown): Record<string, unknown> {
  const { upstream, baseURL, models } = answers
  const { name, kind } = upstream
  const accounts = accountsOf(answers, fromVariable)
  const options = { ...(baseURL && { baseURL }), ...(hasAny(models) && { models: patterns(models) }) }
  const isDeclared = kind !== 'preset'
  return {
    preset: 'claude-code',
    ...(isDeclared && { upstreams: [{ name, ...(kind === 'ready-made' && { type: name }), ...options }] }),
    ...(accounts.length > 0 && { accounts }),
    ...(!isDeclared && Object.keys(options).length > 0 && { plugins: { [name]: options } }),
  }
}

const hasAny = (models: Answers['models']) => Object.keys(models).length > 0
const patterns = (models: Answers['models']) =>
  Object.fromEntries(
    Object.entries(models).map(([family, model]) => [
      family === ALL ? 'claude-*' : `claude-${family}-*`,
      model,
    ]),
  )

function json(answers: Answers, folder: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what the config takes
  const fromVariable = '${NAME}'.replace('NAME', answers.upstream.variable)
  const $schema = resolves(folder)
    ? './node_modules/agproxy/dist/agproxy.schema.json'
    : pathToFileURL(join(packageFolder, 'dist', 'agproxy.schema.json')).href
  return `${JSON.stringify({ $schema, ...configOf(answers, fromVariable) }, undefined, 2)}\n`
}

const PLACE = '«variable»'

function typeScript(answers: Answers, folder: string): string {
  const { upstream } = answers
  const code = literal(configOf(answers, PLACE)).replace(`'${PLACE}'`, `process.env.${upstream.variable}`)
  const reads = code.includes('process.env')
  return typed(`{\n${HINTS}${code.slice(2)}`, folder, reads ? PROCESS : '')
}

const HINTS = '  // `agproxy check` prints what is in force, and docs/configuration.md has every option.\n'

/** Node's own types may not be there; in a module this declares nothing for others. */
const PROCESS = 'declare const process: { env: Record<string, string | undefined> }\n'

/** An object as the config that TypeScript knows the type of, also where the package cannot be imported. */
export function typed(object: string, folder: string, before = ''): string {
  if (resolves(folder))
    return `import { defineConfig } from 'agproxy'\n${before}\nexport default defineConfig(${object})\n`
  const types = join(packageFolder, 'dist', 'index.js').replaceAll('\\', '/')
  return `import type { Config } from '${types}'\n${before}\nexport default ${object} satisfies Config\n`
}

/** Whether an editor finds the package from here. */
export function resolves(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', 'agproxy', 'package.json'))) return true
    if (`${at}/` === packageFolder || at === packageFolder) return true // in the clone by its own name
    if (dirname(at) === at) return false
  }
}

/** As people write it: keys without quotes, single quotes, two spaces, commas at the end. */
function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`
  if (typeof value !== 'object' || value === null) return String(value)
  const inner = `${indent}  `
  const key = (name: string) => (/^[a-z_$][\w$]*$/i.test(name) ? name : literal(name))
  const lines = Array.isArray(value)
    ? value.map((each) => `${inner}${literal(each, inner)},\n`)
    : Object.entries(value).map(([name, each]) => `${inner}${key(name)}: ${literal(each, inner)},\n`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${lines.join('')}${indent}${close}`
}
