import { defineCommand } from 'citty'
import { callAdmin } from './admin.js'
import { type CliContext, loadResolved } from './context.js'
import { cacheWords, dollars } from './explain-text.js'
import { quantity } from './quantity.js'
import { cache as row } from './table/look.js'

interface Session {
  readonly session: string | null
  readonly requests: number
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly cacheCreationTokens: number
  readonly misses: readonly (Parameters<typeof cacheWords>[0] & {
    readonly id: string
    readonly at: string
  })[]
}

export const cache = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const resolved = await loadResolved(args, context)
    const found = (await callAdmin(resolved, context.env, args, 'GET', 'cache')) as { sessions: Session[] }
    context.out(args.json ? `${JSON.stringify(found, null, 2)}\n` : table(found.sessions))
    return 0
  },
})

function table(sessions: readonly Session[]): string {
  if (sessions.length === 0) return 'no session so far\n'
  return sessions.map(block).join('')
}

function block({
  session,
  requests,
  inputTokens,
  cacheReadTokens,
  cacheCreationTokens,
  misses,
}: Session): string {
  const all = inputTokens + cacheReadTokens + cacheCreationTokens
  const share = all > 0 ? Math.round((cacheReadTokens / all) * 100) : 0
  const lost = misses.reduce((sum, miss) => sum + (miss.lostTokens ?? 0), 0)
  const lostCost = misses.reduce((sum, miss) => sum + (miss.lostCost ?? 0), 0)
  const money = lostCost > 0 ? ` (${dollars(lostCost)})` : ''
  const head = `${session ?? 'no session'}  ${quantity(requests, 'request')}, ${share} % of ${all} tokens from the cache, ${quantity(misses.length, 'miss', 'misses')}, ${lost} tokens paid again${money}\n`
  return head + misses.map((miss) => `  ${miss.at}  ${miss.id}  ${cacheWords(miss)}\n`).join('')
}
