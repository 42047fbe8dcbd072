import type { UsageAnswer, UsageRow } from '../contract/usage.js'

type Cell = readonly [title: string, of: (line: UsageRow) => string]

const COLUMNS = (by: string): readonly Cell[] => [
  [by, ({ name }) => name ?? '–'],
  ['requests', ({ requests }) => String(requests)],
  ['failed', ({ failed }) => String(failed)],
  ['input', ({ inputTokens }) => short(inputTokens)],
  ['output', ({ outputTokens }) => short(outputTokens)],
  ['cache read', ({ cacheReadTokens }) => short(cacheReadTokens)],
  ['cache write', ({ cacheCreationTokens }) => short(cacheCreationTokens)],
  ['cost', paid],
  ['as asked', ({ listCost }) => (listCost > 0 ? money(listCost) : '–')],
]

/** What is paid by plans shows no money; a price that is not known is not zero. */
function paid({ cost, priced, plan, requests, unknown }: UsageRow): string {
  if (priced > 0) return money(cost)
  return plan > 0 ? 'plan' : requests > unknown ? 'unknown' : '–'
}

const money = (dollars: number) => `$${dollars.toFixed(dollars < 1 ? 4 : 2)}`

function short(count: number): string {
  if (count < 10_000) return String(count)
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`
}

export function table({ by, since, rows, more, total }: UsageAnswer): string {
  if (rows.length === 0) return `nothing since ${since}\n`
  const columns = COLUMNS(by)
  const lines = [...rows, { ...total, name: 'total' }].map((line) =>
    columns.map(([, of]) => printable(of(line))),
  )
  const all = [columns.map(([title]) => title), ...lines]
  const widths = columns.map((_, i) => Math.min(60, Math.max(...all.map((cells) => cells[i]!.length))))
  const text = all.map((cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.slice(0, 60).padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
  if (more > 0) text.splice(-1, 0, `… ${more} more`)
  return `${text.join('\n')}\n`
}

/** Names come from clients, and a terminal obeys what is in them. */
const printable = (text: string) => text.replace(/\p{C}/gu, '·')

export function csv({ by, rows }: UsageAnswer): string {
  const fields = ['requests', 'failed', 'unknown', 'inputTokens', 'outputTokens', 'cacheReadTokens'] as const
  const all = [...fields, 'cacheCreationTokens', 'cost', 'priced', 'listCost', 'plan'] as const
  const lines = rows.map((row) => [quoted(row.name ?? ''), ...all.map((field) => row[field])].join(','))
  return `${[[by, ...all].join(','), ...lines].join('\n')}\n`
}

/** A spreadsheet takes a text that begins so for a formula. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text
  return /[",\n\r]|^'/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
