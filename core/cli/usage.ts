import { defineCommand } from 'citty'
import type { UsageAnswer } from '../contract/usage.js'
import { type CliContext, loadResolved } from './context.js'
import { askPlugin } from './plugin-endpoint.js'
import { usage as row } from './table/look.js'
import { UsageError } from './usage-error.js'
import { csv, table } from './usage-text.js'

export const usage = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    if (args.json && args.csv) throw new UsageError('usage prints --json or --csv, not both')
    const resolved = await loadResolved(args, context)
    const query = new URLSearchParams()
    if (args.by !== undefined) query.set('by', args.by)
    if (args.since !== undefined) query.set('since', args.since)
    const answer = await askPlugin<UsageAnswer>(resolved, 'ledger', '/_agproxy/api/usage', `?${query}`)
    context.out(args.json ? `${JSON.stringify(answer, null, 2)}\n` : args.csv ? csv(answer) : table(answer))
    return 0
  },
})
