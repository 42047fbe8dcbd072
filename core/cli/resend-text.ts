import type { Side } from '../contract/resend.js'

const ms = (value: number | undefined) =>
  value === undefined ? '–' : value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`
const count = (value: number | undefined) => (value === undefined ? '–' : value.toLocaleString('en'))

const ROWS: readonly (readonly [string, (side: Side) => string])[] = [
  ['upstream', ({ upstream = '–', account }) => (account ? `${upstream} (${account})` : upstream)],
  ['model', ({ model = '–' }) => model],
  ['status', ({ status }) => String(status ?? 'no answer')],
  ['first content', ({ firstContentMs }) => ms(firstContentMs)],
  ['total', (side) => ms(side.ms)],
  ['input', ({ inputTokens }) => count(inputTokens)],
  ['from the cache', ({ cacheReadTokens }) => count(cacheReadTokens)],
  ['into the cache', ({ cacheCreationTokens }) => count(cacheCreationTokens)],
  ['output', ({ outputTokens }) => count(outputTokens)],
  ['cost', ({ cost, plan }) => (plan ? 'plan' : cost === undefined ? 'unknown' : `$${cost.toFixed(4)}`)],
  ['stop reason', ({ stopReason = '–' }) => stopReason],
]

const GAP = '  '
const NAMES = 14

/** Two answers side by side, within so many columns. */
export function sideBySide(before: Side, after: Side, columns: number): string {
  const width = Math.max(20, Math.floor((columns - NAMES - 2 * GAP.length) / 2))
  const line = (name: string, left: string, right: string) =>
    `${name.padEnd(NAMES)}${GAP}${left.slice(0, width).padEnd(width)}${GAP}${right.slice(0, width)}`.trimEnd()
  const facts = ROWS.map(([name, of]) => line(name, printable(of(before)), printable(of(after))))
  const [left, right] = [before, after].map(({ text }) => wrapped(text, width))
  const texts = Array.from({ length: Math.max(left!.length, right!.length) }, (_, i) =>
    line(i === 0 ? 'answer' : '', left![i] ?? '', right![i] ?? ''),
  )
  return `${[line('', 'then', 'now'), ...facts, ...texts].join('\n')}\n`
}

/** A terminal obeys what is in a text. */
const printable = (text: string) => text.replace(/\p{C}/gu, '·')

function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const rows: string[] = []
    let row = ''
    for (const word of printable(line.replaceAll('\t', '  ')).split(/(?<=\s)/)) {
      if (row !== '' && row.length + word.trimEnd().length > width) {
        rows.push(row.trimEnd())
        row = ''
      }
      row += word
      for (; row.trimEnd().length > width; row = row.slice(width)) rows.push(row.slice(0, width))
    }
    return [...rows, row.trimEnd()]
  })
}
