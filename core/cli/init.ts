import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defineCommand } from 'citty'
import { configFolder, configIn, usersConfig } from '../config/find.js'
import { resolveConfig } from '../config/resolve.js'
import type { CliContext } from './context.js'
import { type Answers, answersOf } from './init/answers.js'
import { hasStatusLine, settingsFile, statusLineText, writeStatusLine } from './init/status-line.js'
import { filesOf, typed, type Written } from './init/write.js'
import { initPlugin } from './init-plugin.js'
import { ownName } from './own-name.js'
import { init as row } from './table/set-up.js'
import { UsageError } from './usage-error.js'

const STARTER = `{
  // Everything here is optional. \`agproxy check\` prints what is in force and where it came from.
  preset: 'claude-code',

  // Left out, AGPROXY_HOST, AGPROXY_PORT and the flags decide.
  // server: { host: '127.0.0.1', port: 8045 },

  // Upstream credentials, in order of preference. Without this list, accounts come from the environment:
  // ZAI_API_KEY and AGPROXY_ANTHROPIC_API_KEY, several keys separated by commas.
  // accounts: [
  //   { id: 'glm', upstream: 'zai', apiKey: process.env.ZAI_API_KEY, email: 'me@example.com' },
  //   { id: 'own', upstream: 'anthropic', apiKey: process.env.AGPROXY_ANTHROPIC_API_KEY },
  // ],

  // By name: options, true, or false to leave a plugin out.
  plugins: {
    auth: { mode: 'auto' }, // no key on 127.0.0.1, a key everywhere else
    // warmup: false,
    // zai: { models: { 'claude-opus-*': 'glm-5.3' } },
  },
}`

export const init = defineCommand({
  ...row,
  async run({ data, args }) {
    const context = data as CliContext
    const { cwd, env } = context
    if (args.plugin !== undefined) return initPlugin(args.plugin, context, typed(STARTER, cwd))
    const asks = !args.yes && process.stdin.isTTY && process.stdout.isTTY
    if (args.statusline) return statusLineAlone(args.yes === true, asks, context)
    const named = args.model ?? args.upstream ?? args['base-url'] ?? args['key-in'] ?? args.format
    const flags = answersOf(args, env)
    if (!asks) {
      mustBeFree(flags, context)
      const isStarter = named === undefined
      const files = isStarter ? [starter(folderOf(flags, context))] : filesOf(flags, folderOf(flags, context))
      const canAnswer = flags.key !== '' || flags.upstream.isLocal
      if (!isStarter && canAnswer && !args.offline) await mustAnswer(flags, context)
      return write(files, flags, context)
    }
    const places = [true, false].filter((global) => thereIs({ global }, context) === undefined)
    const [global = false] = flags.global ? [true] : places
    mustBeFree({ global }, context)
    const { ask, askStatusLine } = await import('./init/ask.js')
    const given = { ...flags, global, keyIn: 'env-file' } as const
    const answers = await ask(given, flags.global ? [true] : places, (answers) => faultOf(answers, context))
    mustBeFree(answers, context)
    const wanted = hasStatusLine(env) ? undefined : await askStatusLine(settingsFile(env))
    write(filesOf(answers, folderOf(answers, context)), answers, context)
    if (wanted !== undefined) offerStatusLine(wanted, context)
    return 0
  },
})

/** Writes the status line into the user's settings after a yes, else prints what they need. */
async function statusLineAlone(isSure: boolean, asks: boolean, context: CliContext): Promise<number> {
  const file = settingsFile(context.env)
  if (hasStatusLine(context.env))
    throw new UsageError(`${file} has a statusLine already; nothing was written`)
  const { askStatusLine } = await import('./init/ask.js')
  const wanted = isSure || (asks && (await askStatusLine(file)))
  offerStatusLine(wanted, context)
  return 0
}

function offerStatusLine(isWanted: boolean, context: CliContext): void {
  if (isWanted) writeStatusLine(context)
  context.out(isWanted ? `Wrote "statusLine" into ${settingsFile(context.env)}.\n` : statusLineText(context))
}

const starter = (folder: string): Written => ({
  name: 'agproxy.config.ts',
  text: typed(STARTER, folder),
  mode: 0o644,
})

const folderOf = ({ global }: Pick<Answers, 'global'>, { cwd, env }: CliContext) =>
  global ? configFolder(env) : cwd

/** The config that is in the place already, before the first question and again before it is written. */
const thereIs = ({ global }: Pick<Answers, 'global'>, { cwd, env }: CliContext) =>
  global ? usersConfig(env) : configIn(cwd)

function mustBeFree({ global }: Pick<Answers, 'global'>, context: CliContext): void {
  const found = thereIs({ global }, context)
  if (found === undefined) return
  const name = basename(found)
  const shown = global ? found : name === 'package.json' ? "package.json with the key 'agproxy'" : name
  throw new UsageError(`${shown} is there already; nothing was written`)
}

/** Nothing that is there is overwritten; a `.env` that is there already, perhaps another program's, gets one line more. */
function write(files: readonly Written[], answers: Answers, context: CliContext): number {
  const { cwd, env, out } = context
  const folder = folderOf(answers, context)
  mkdirSync(folder, { recursive: true, ...(answers.global && { mode: 0o700 }) })
  for (const { name, text, mode } of files) {
    const file = join(folder, name)
    const isEnv = name === '.env'
    const before = isEnv && existsSync(file) ? readFileSync(file, 'utf8') : ''
    const newline = before === '' || before.endsWith('\n') ? '' : '\n'
    writeFileSync(file, `${newline}${text}`, { flag: isEnv ? 'a' : 'wx', mode })
    if (isEnv) chmodSync(file, mode)
    out(`Wrote ${answers.global ? file : name}.\n`)
  }
  const own = ownName(cwd, env)
  const isMissing = answers.key === '' && answers.keyIn !== 'config' && !answers.upstream.isLocal
  const key = isMissing ? `${answers.upstream.variable}=… ` : ''
  if (answers.global) out(`Next: ${key}${own} claude\n`)
  else out(`Next: ${own} check, then ${key}${own} start; in another terminal ${own} claude\n`)
  return 0
}

async function mustAnswer(answers: Answers, context: CliContext): Promise<void> {
  const fault = await faultOf(answers, context)
  if (fault !== undefined)
    throw new UsageError(`${fault}\nnothing was written; --offline writes without a request`)
}

/** One tiny request with these answers: undefined when it is answered as it should be. */
async function faultOf(answers: Answers, context: CliContext): Promise<string | undefined> {
  const [{ text }] = filesOf({ ...answers, format: 'json', keyIn: 'config' }, context.cwd) as [Written]
  const { $schema: _, ...config } = JSON.parse(text) as Record<string, unknown>
  const upstreamOf = await context.upstreamOf?.()
  const { tryOut } = await import('./probe.js')
  const presets = await context.presets()
  const resolved = resolveConfig(config, { env: context.env, presets, ...(upstreamOf && { upstreamOf }) })
  const { results } = await tryOut(resolved, true)
  return results.find(({ ok }) => !ok)?.text
}
