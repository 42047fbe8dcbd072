import { type CommandDef, runCommand } from 'citty'
import { nearest } from '../errors/nearest.js'
import { checkArgs } from './args.js'
import type { CliContext } from './context.js'
import { helpOf, helpOfAll } from './help.js'
import { type CommandName, table } from './table/index.js'
import { CommandLineError } from './usage-error.js'
import { version } from './version.js'

/** Loaded when they are run: help and completion know them by the table, and take 40 ms instead of 800. */
const commands: Readonly<Record<CommandName, () => Promise<CommandDef>>> = {
  start: () => import('./start.js').then((m) => m.start as CommandDef),
  claude: () => import('./claude.js').then((m) => m.claude as CommandDef),
  env: () => import('./env.js').then((m) => m.env as CommandDef),
  status: () => import('./status.js').then((m) => m.status as CommandDef),
  stop: () => import('./stop.js').then((m) => m.stop as CommandDef),
  logs: () => import('./logs.js').then((m) => m.logs as CommandDef),
  init: () => import('./init.js').then((m) => m.init as CommandDef),
  doctor: () => import('./doctor.js').then((m) => m.doctor as CommandDef),
  check: () => import('./check.js').then((m) => m.check as CommandDef),
  probe: () => import('./probe-upstream.js').then((m) => m.probe as CommandDef),
  completion: () => import('./completion.js').then((m) => m.completion as CommandDef),
  accounts: () => import('./accounts.js').then((m) => m.accounts as CommandDef),
  usage: () => import('./usage.js').then((m) => m.usage as CommandDef),
  explain: () => import('./explain.js').then((m) => m.explain as CommandDef),
  cache: () => import('./cache.js').then((m) => m.cache as CommandDef),
  record: () => import('./record.js').then((m) => m.record as CommandDef),
  replay: () => import('./replay.js').then((m) => m.replay as CommandDef),
  resend: () => import('./resend.js').then((m) => m.resend as CommandDef),
  upstreams: () => import('./upstreams.js').then((m) => m.upstreams as CommandDef),
  ui: () => import('./ui.js').then((m) => m.ui as CommandDef),
  statusline: () => import('./statusline.js').then((m) => m.statusline as CommandDef),
  mcp: () => import('./mcp.js').then((m) => m.mcp as CommandDef),
}

/** The one command that hands arguments on to another program. */
const TAKES_REST = 'claude'

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
  const [first = '', second] = argv
  const { out } = context
  const colours = process.stdout.isTTY && !context.env.NO_COLOR
  if (['--version', '-v'].includes(first)) {
    out(`${version}\n`)
    return 0
  }
  const asksHelp = ['--help', '-h', 'help'].includes(first)
  if (asksHelp && second === undefined) {
    out(helpOfAll(colours))
    return 0
  }
  const name = asksHelp ? known(second!) : first === '' || first.startsWith('-') ? 'start' : known(first)
  const rawArgs = name === first ? argv.slice(1) : [...argv]
  const own = rawArgs.includes('--') ? rawArgs.slice(0, rawArgs.indexOf('--')) : rawArgs
  if (asksHelp || own.includes('--help') || own.includes('-h')) {
    out(helpOf(table[name], name === TAKES_REST, colours))
    return 0
  }
  checkArgs(name, rawArgs, table[name].args, name === TAKES_REST)
  await import('reflect-metadata') // tsyringe, which most commands bring, refuses to load before it
  const { result } = await runCommand(await commands[name](), { rawArgs: [...rawArgs], data: context })
  return typeof result === 'number' ? result : 0
}

function known(name: string): CommandName {
  if (Object.hasOwn(commands, name)) return name as CommandName
  const names = Object.keys(commands)
  const hint = nearest(name, names).replace(/\?$/, '')
  throw new CommandLineError(`unknown command '${name}'${hint}; there are ${names.join(', ')}`)
}
