import { stripVTControlCharacters } from 'node:util'
import { type CommandDef, defineCommand, renderUsage, runCommand } from 'citty'
import { nearest } from '../errors/nearest.js'
import { checkArgs } from './args.js'
import { type CliContext, CommandLineError } from './context.js'
import { version } from './version.js'

/** Loaded when they are called: `agproxy env` needs no server. */
const commands: Readonly<Record<string, () => Promise<CommandDef>>> = {
  start: () => import('./start.js').then((m) => m.start as CommandDef),
  check: () => import('./check.js').then((m) => m.check as CommandDef),
  init: () => import('./init.js').then((m) => m.init as CommandDef),
  env: () => import('./env.js').then((m) => m.env as CommandDef),
  claude: () => import('./claude.js').then((m) => m.claude as CommandDef),
  usage: () => import('./usage.js').then((m) => m.usage as CommandDef),
  accounts: () => import('./accounts.js').then((m) => m.accounts as CommandDef),
  probe: () => import('./probe-upstream.js').then((m) => m.probe as CommandDef),
  explain: () => import('./explain.js').then((m) => m.explain as CommandDef),
  cache: () => import('./cache.js').then((m) => m.cache as CommandDef),
  upstreams: () => import('./upstreams.js').then((m) => m.upstreams as CommandDef),
  completion: () => import('./completion.js').then((m) => m.completion(completed)),
}

async function completed() {
  const { completedOf } = await import('./completion.js')
  return Promise.all(Object.entries(commands).map(async ([name, load]) => completedOf(name, await load())))
}

/** The one command that hands arguments on to another program. */
const TAKES_REST = 'claude'

const root = defineCommand({
  meta: { name: 'agproxy', description: 'A gateway between Claude Code and the models behind it', version },
  subCommands: commands as never,
})

/** Runs one command line; resolves with the exit code: 2 for a command line that can't be meant, 1 for anything else that fails. Every failure is one message, without a stack. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  try {
    return await run(argv, context)
  } catch (error) {
    const message = (error as Error | undefined)?.message || String(error)
    context.err(`agproxy: ${message}\n`)
    return error instanceof CommandLineError ? 2 : 1
  }
}

async function run(argv: readonly string[], context: CliContext): Promise<number> {
  const [first = ''] = argv
  const usage = async (command: CommandDef, parent?: CommandDef) => {
    const text = await renderUsage(command, parent)
    // citty colours even what goes into a pipe.
    context.out(`${process.stdout.isTTY ? text : stripVTControlCharacters(text)}\n`)
    return 0
  }
  if (['--version', '-v'].includes(first)) {
    context.out(`${version}\n`)
    return 0
  }
  if (['--help', '-h', 'help'].includes(first)) return usage(root)

  const name = first === '' || first.startsWith('-') ? 'start' : first
  const rawArgs = name === first ? argv.slice(1) : [...argv]
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!load) {
    const names = Object.keys(commands)
    throw new CommandLineError(
      `unknown command '${name}'${nearest(name, names).replace(/\?$/, '')}; there are ${names.join(', ')}`,
    )
  }
  const command = await load()
  const own = rawArgs.includes('--') ? rawArgs.slice(0, rawArgs.indexOf('--')) : rawArgs
  if (own.includes('--help') || own.includes('-h')) return usage(command, root)
  checkArgs(name, rawArgs, (command.args ?? {}) as never, name === TAKES_REST)
  const { result } = await runCommand(command, { rawArgs: [...rawArgs], data: context })
  return typeof result === 'number' ? result : 0
}
