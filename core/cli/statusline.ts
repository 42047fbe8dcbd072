import { defineCommand } from 'citty'
import type { CliContext } from './context.js'
import {
  type AccountsTold,
  type BudgetsAnswer,
  type RequestsAnswer,
  today,
  type UsageAnswer,
} from './session/answers.js'
import { sessionAsk } from './session/ask.js'
import { type ClientStatus, DEFAULT_FORMAT, formatted, NAMES, valuesOf } from './session/line.js'
import { statusline as row } from './table/look.js'
import { CommandLineError } from './usage-error.js'

/** Milliseconds since the process began, after which what is there is printed; and that it waits in any case. */
const DEADLINE = 90
const LEAST = 60
/** Bytes of Claude Code's status. */
const LONGEST = 1024 * 1024

/** One line for Claude Code. Nothing goes wrong aloud: it is run at every turn, and without a gateway the line is empty. */
export const statusline = defineCommand({
  ...row,
  async run({ args, data }) {
    const { env, out } = data as CliContext
    const format = args.format ?? env.AGPROXY_STATUSLINE_FORMAT ?? DEFAULT_FORMAT
    const unknown = /\{(\w+)\}/g
    for (const [, name] of format.matchAll(unknown))
      if (!(NAMES as readonly string[]).includes(name!))
        throw new CommandLineError(`--format has no '{${name}}'; there are {${NAMES.join('}, {')}}`)
    const limit = AbortSignal.timeout(Math.round(Math.max(LEAST, DEADLINE - process.uptime() * 1000)))
    out(`${await line(format, env, args, limit).catch(() => '')}\n`)
    return 0
  },
})

async function line(
  format: string,
  env: NodeJS.ProcessEnv,
  flags: { host?: string | undefined; port?: string | undefined },
  limit: AbortSignal,
): Promise<string> {
  const found = sessionAsk(env, flags, limit)
  if (!found) return ''
  const { ask, gateway } = found
  const everything = Promise.all([
    ask<UsageAnswer>('usage?by=session&since=7d'),
    ask<UsageAnswer>(`usage?by=day&since=${today()}`),
    ask<AccountsTold>('accounts'),
  ])
  const status = await statusOf(process.stdin, limit)
  const session = status.session_id && encodeURIComponent(status.session_id)
  const own = Promise.all([
    session ? ask<RequestsAnswer>(`requests?limit=1&session=${session}`) : undefined,
    ask<BudgetsAnswer>(session ? `budgets?session=${session}` : 'budgets'),
  ])
  const [[usage, day, accounts], [requests, budgets]] = await Promise.all([everything, own])
  // A gateway that does not answer at all is none.
  if (!accounts && !usage && !requests) return ''
  const last = requests?.requests[0]
  const told = { status, models: gateway?.models ?? [], last, usage, today: day, accounts, budgets }
  return formatted(format, valuesOf(told))
}

/** Of standard input; empty where it is a terminal, no JSON, or not there in time. */
function statusOf(stdin: NodeJS.ReadStream, limit: AbortSignal): Promise<ClientStatus> {
  if (stdin.isTTY) return Promise.resolve({})
  return new Promise((resolve) => {
    let text = ''
    const done = () => {
      stdin.destroy()
      try {
        const status: unknown = JSON.parse(text)
        resolve(typeof status === 'object' && status !== null ? status : {})
      } catch {
        resolve({})
      }
    }
    stdin.setEncoding('utf8')
    stdin.on('data', (chunk: string) => {
      text += chunk
      if (text.length > LONGEST) done()
    })
    stdin.once('end', done)
    stdin.once('error', done)
    limit.addEventListener('abort', done, { once: true })
  })
}
