import { defineCommand } from 'citty'
import type { UpstreamAnswer, UpstreamsAnswer } from '../admin/upstreams.js'
import { heading } from '../config/print.js'
import { callAdmin } from './admin.js'
import { type CliContext, loadResolved } from './context.js'
import { upstreams as row } from './table/look.js'
import { UsageError } from './usage-error.js'

export const upstreams = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const { action, name } = args
    if (action !== undefined && action !== 'forget')
      throw new UsageError(`upstreams does not know '${action}'; there is \`agproxy upstreams forget NAME\``)
    if (action === 'forget' && !name) throw new UsageError('name the upstream: agproxy upstreams forget NAME')
    const resolved = await loadResolved(args, context)
    const path = action === 'forget' ? `upstreams/${encodeURIComponent(name!)}/learned` : 'upstreams'
    const method = action === 'forget' ? 'DELETE' : 'GET'
    const answer = await callAdmin(resolved, context.env, args, method, path)
    if (args.json) context.out(`${JSON.stringify(answer, undefined, 2)}\n`)
    else if (action === 'forget') context.out(forgotten(answer as { name: string; forgotten: number }))
    else context.out(`${(answer as UpstreamsAnswer).upstreams.map(card).join('\n\n')}\n`)
    return 0
  },
})

function forgotten({ name, forgotten }: { name: string; forgotten: number }): string {
  if (forgotten === 0) return `nothing was learned about ${name}\n`
  return `${name}: ${forgotten} lesson${forgotten > 1 ? 's' : ''} forgotten, tried anew with the next request\n`
}

function card({ name, known, learned }: UpstreamAnswer): string {
  const rows = known.flatMap(({ accepts, models, source }) =>
    fields(accepts).map((field) => [field, models ?? 'all models', source ?? 'the upstream itself']),
  )
  return [heading(name, rows, 'nothing is known: all is passed on'), ...lessons(learned)].join('\n')
}

/** What was learned, as rows of a table. */
export function lessonRows(learned: UpstreamAnswer['learned']): string[][] {
  return learned.flatMap(({ accepts, model, why, until }) =>
    fields(accepts).map((field) => [field, model, `refused: ${why}; until ${until}`]),
  )
}

function lessons(learned: UpstreamAnswer['learned']): string[] {
  if (learned.length === 0) return []
  return [
    heading(
      '  learned',
      lessonRows(learned).map(([field, ...rest]) => [`  ${field}`, ...rest]),
    ),
  ]
}

const fields = (accepts: object) =>
  Object.entries(accepts).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
