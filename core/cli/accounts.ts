import { defineCommand } from 'citty'
import type { AccountAnswer, AccountsAnswer, CooldownAnswer } from '../admin/accounts.js'
import { durationText } from '../upstream/times.js'
import { callAdmin } from './admin.js'
import { type CliContext, loadResolved } from './context.js'
import { accounts as row } from './table/look.js'
import { CommandLineError } from './usage-error.js'

export const accounts = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const { action, id } = args
    if (action !== undefined && action !== 'clear')
      throw new CommandLineError(`accounts does not know '${action}'; there is \`agproxy accounts clear ID\``)
    if (action === 'clear' && !id) throw new CommandLineError('name the account: agproxy accounts clear ID')
    const resolved = await loadResolved(args, context)
    const call = (method: string, path: string) => callAdmin(resolved, context.env, args, method, path)
    if (action === 'clear') {
      const { cleared } = (await call('DELETE', `accounts/${encodeURIComponent(id!)}/cooldowns`)) as {
        cleared: number
      }
      context.out(
        cleared === 0
          ? `${id} had no cooldowns\n`
          : `${id}: ${cleared} cooldown${cleared > 1 ? 's' : ''} cleared\n`,
      )
      return 0
    }
    const answer = (await call('GET', 'accounts')) as AccountsAnswer
    context.out(args.json ? `${JSON.stringify(answer, undefined, 2)}\n` : accountsTable(answer))
    return 0
  },
})

/** One line for each account, and for each model that it does not serve now. */
export function accountsTable({ accounts, waiting }: AccountsAnswer): string {
  const rows = accounts.flatMap(rowsOf)
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const queue = waiting > 0 ? [`${waiting} request${waiting > 1 ? 's' : ''} waiting for an account`] : []
  return `${[...lines, ...queue].join('\n')}\n`
}

/** One line for the account, one for each model that it does not serve now. */
function rowsOf(account: AccountAnswer): string[][] {
  const { id, upstream, cooldowns, inFlight, maxConcurrent, windows } = account
  const whole = cooldowns.find(({ model }) => model === null)
  const load =
    maxConcurrent === undefined ? `${inFlight} in flight` : `${inFlight} of ${maxConcurrent} in flight`
  const models = cooldowns.filter(({ model }) => model !== null)
  return [
    [
      id,
      upstream,
      load,
      [whole ? describe(whole, account.usable) : 'usable', ...windows.map(used)].join('; '),
    ],
    ...models.map((rest) => ['', '', '', `${rest.model}: ${describe(rest)}`]),
  ]
}

/** `71 % of its 5h window used, until 14:20`. */
function used({ name, used, resets }: AccountAnswer['windows'][number]): string {
  const share = `${Math.round(used * 100)} % of its ${name} window used`
  if (resets === null) return share
  const at = new Date(resets)
  return `${share}, until ${at.toLocaleString('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' })}`
}

/** An account in cooldown after a server error is asked where no other is left: it stays usable. */
function describe({ reason, seconds, failures }: CooldownAnswer, usable = false): string {
  const why = `${reason.replaceAll('-', ' ')}${failures > 1 ? `, ${failures} times in a row` : ''}`
  const left = seconds === null ? ' until the config changes' : `, ${durationText(seconds * 1000)} left`
  return `${usable ? 'usable, as the last choice' : 'in cooldown'}${left} (${why})`
}
