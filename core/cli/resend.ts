import { defineCommand } from 'citty'
import type { Side } from '../contract/resend.js'
import { askAdmin, postAdmin } from './admin.js'
import { type CliContext, loadResolved } from './context.js'
import { sideBySide } from './resend-text.js'
import { resend as row } from './table/look.js'
import { CommandLineError } from './usage-error.js'

/** By the gateway that served it: its accounts are meant, and its budgets and its ledger count what it costs. */
export const resend = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const { request: id, upstream, account, model } = args
    if (!id || !/^req_\w+$/.test(id))
      throw new CommandLineError('name the request: agproxy resend ID --upstream NAME')
    if (!upstream && !account && !model)
      throw new CommandLineError('say where to: --upstream NAME, --account ID or --model NAME')
    const config = await loadResolved(args, context)
    const { url, key } = await askAdmin(config, context.env, args, 'GET', 'accounts')
    const to = { upstream, account, model }
    const answer = await postAdmin(url, key, `requests/${id}/resend`, to)
    const { before, now } = answer as { before: Side; now: Side }
    context.out(
      args.json
        ? `${JSON.stringify({ before, now }, null, 2)}\n`
        : sideBySide(before, now, process.stdout.columns ?? 120),
    )
    return now.status === 200 ? 0 : 1
  },
})
