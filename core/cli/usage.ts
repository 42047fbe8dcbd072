import { defineCommand } from 'citty'
import { type CliContext, configFlags, loadResolved, UsageError } from './context.js'
import { askPlugin } from './plugin-endpoint.js'
import { csv, table, type UsageAnswer } from './usage-text.js'

const { config } = configFlags

export const usage = defineCommand({
  meta: { name: 'usage', description: 'Tokens and cost of what went through; no gateway has to run' },
  args: {
    by: {
      type: 'string',
      valueHint: 'what',
      description: 'model (default), session, agent, account, day or label',
    },
    since: { type: 'string', valueHint: 'time', description: '7d (default), 24h, 2w or a day: 2026-11-01' },
    json: { type: 'boolean', description: 'As JSON' },
    csv: { type: 'boolean', description: 'As comma-separated values' },
    config,
  },
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
