import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { projectsConfig } from '../config/find.js'
import { readFileAt } from '../files/read.js'
import { withUse } from './config-use.js'
import { type CliContext } from './context.js'
import { ownName } from './own-name.js'
import { CommandLineError, UsageError } from './usage-error.js'
import { packageFolder } from './version.js'

const FOLDER = 'plugins'
const LONGEST_NAME = 60
/** Words that no variable can be called. */
const RESERVED = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
)

/** Writes a plugin and its test, and puts it into the config; nothing that is there already is overwritten. */
export async function initPlugin(name: string, context: CliContext, starter: string): Promise<void> {
  const { cwd, env, out } = context
  const identifier = await identifierOf(name, context)
  const configFile = projectsConfig(cwd)
  const folder = configFile ? dirname(configFile) : cwd
  const files = [
    [join(folder, FOLDER, `${name}.ts`), source(name, identifier)],
    [join(folder, FOLDER, `${name}.test.ts`), test(name, identifier)],
  ] as const
  const shown = (file: string) => relative(cwd, file).replaceAll('\\', '/')
  for (const [file] of files)
    if (existsSync(file)) throw new UsageError(`${shown(file)} is there already; nothing was written`)

  mkdirSync(join(folder, FOLDER), { recursive: true })
  for (const [file, text] of files) writeFileSync(file, text, { flag: 'wx' })
  out(`Wrote ${files.map(([file]) => shown(file)).join(' and ')}.\n`)

  const config = configFile ?? join(cwd, 'agproxy.config.ts')
  const used = { identifier, from: `./${FOLDER}/${name}.js` }
  const before = configFile === undefined ? starter : readFileAt(config).toString('utf8')
  const isCode = /\.[mc]?[jt]s$/.test(config)
  const after = isCode ? withUse(before, used) : undefined
  if (after !== undefined) {
    writeFileSync(config, after, configFile === undefined ? { flag: 'wx' } : {})
    out(`${configFile ? `Added it to ${shown(config)}` : `Wrote ${shown(config)} with it`}.\n`)
  } else if (isCode) {
    out(
      `Add it to ${shown(config)}:\n\n  import { ${identifier} } from '${used.from}'\n  use: [${identifier}],\n\n`,
    )
  } else {
    const code = basename(config) === 'package.json' ? "the key 'agproxy' of package.json" : shown(config)
    out(`A plugin is code, and ${code} is data: move the config to agproxy.config.ts, then add\n\n`)
    out(`  import { ${identifier} } from '${used.from}'\n  use: [${identifier}],\n\n`)
  }
  const missing = missingFrom(folder)
  const install = missing.length > 0 ? ` (before that: npm install -D ${missing.join(' ')})` : ''
  out(`Next: ${ownName(cwd, env)} check, and npx vitest run for its test${install}.\n`)
}

/** What the plugin and its test import and the folder does not have; agproxy by its path, since it is on no registry. */
function missingFrom(folder: string): string[] {
  const { resolve } = createRequire(join(folder, 'package.json'))
  const isThere = (name: string) => {
    try {
      return resolve(name) !== ''
    } catch {
      return false
    }
  }
  const own = packageFolder.replace(/[\\/]$/, '')
  const inClone = !relative(own, folder).startsWith('..')
  return [
    ...(inClone || isThere('agproxy') ? [] : [/\s/.test(own) ? `"${own}"` : own]),
    ...(isThere('vitest') ? [] : ['vitest']),
  ]
}

async function identifierOf(name: string, { presets }: CliContext): Promise<string> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > LONGEST_NAME)
    throw new CommandLineError(
      `--plugin: '${name}' must be lower case letters and digits, joined by dashes, ${LONGEST_NAME} at most: my-plugin`,
    )
  const identifier = name.replace(/-(.)/g, (_, next: string) => next.toUpperCase())
  if (RESERVED.has(identifier))
    throw new CommandLineError(
      `--plugin: '${name}' is a word of JavaScript; take a name such as 'my-${name}'`,
    )
  const entries = Object.values(await presets()).flatMap(({ plugins }) => plugins)
  if (entries.some((entry) => entry && entry.definition.name === name))
    throw new CommandLineError(`--plugin: '${name}' is the name of a built-in plugin; take another one`)
  return identifier
}

const source = (name: string, identifier: string) => `import { definePlugin, z } from 'agproxy'

/** Adds a sentence to each system prompt. */
export const ${identifier} = definePlugin({
  name: '${name}',
  phase: 'request',
  options: z.strictObject({
    /** Goes behind the client's own system prompt. */
    text: z.string().default('Answer briefly.'),
  }),
  create: ({ options }) => ({
    onRequest(call) {
      const { system = [] } = call.body
      const present = typeof system === 'string' ? [{ type: 'text' as const, text: system }] : system
      return call.set({ system: [...present, { type: 'text', text: options.text }] })
    },
  }),
})
`

const test = (name: string, identifier: string) => `import { mount } from 'agproxy/testing'
import { expect, test } from 'vitest'
import { ${identifier} } from './${name}.js'

test('adds its sentence behind the system prompt', async () => {
  const plugin = await mount(${identifier}({ text: 'Answer in Latin.' }))
  await plugin.send({ system: 'Be brief.' })
  expect(plugin.calls[0]?.body.system).toEqual([
    { type: 'text', text: 'Be brief.' },
    { type: 'text', text: 'Answer in Latin.' },
  ])
  await plugin.dispose()
})
`
