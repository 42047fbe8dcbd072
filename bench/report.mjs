import { judge, meets } from './goals.mjs'
import { paired, spread } from './stats.mjs'

/**
 * @typedef {import('./session.mjs').Results} Results
 * @typedef {import('./scenarios/types.mjs').Scenario} Scenario
 * @typedef {import('./subjects/types.mjs').Subject} Subject
 */

/**
 * The run as Markdown, which also is what the terminal shows.
 * @param {{ machine: object, results: Results, scenarios: readonly Scenario[], subjects: readonly Subject[], notes: readonly string[] }} run
 */
export function markdown({ machine, results, scenarios, subjects, notes }) {
  const parts = ['# Bench', machineLines(machine)]
  parts.push(
    'Median of the rounds, and in brackets the lowest and the highest. What is held against another subject is computed round by round. Numbers hold within this run only.',
  )
  for (const scenario of scenarios) {
    const series = results[scenario.name]
    if (!series) continue
    const all = [...subjects, ...(scenario.more ?? [])].filter(({ name }) => series[name])
    parts.push(`## ${scenario.name}: ${scenario.title}`, scenarioTable(scenario, series, all))
  }
  const verdicts = judge(results)
  if (verdicts.length > 0) parts.push('## Goals', goalTable(verdicts))
  const all = [...notes, ...faults(results), ...busy(results)]
  if (all.length > 0) parts.push('## Notes', all.map((text) => `- ${text}`).join('\n'))
  return `${parts.join('\n\n')}\n`
}

/** @param {Scenario} scenario @param {Results[string]} series @param {readonly Subject[]} subjects */
function scenarioTable({ columns }, series, subjects) {
  const head = ['subject', ...columns.flatMap(({ title, than }) => (than ? [title, than.title] : [title]))]
  const rows = subjects.map(({ name, title }) => [
    title,
    ...columns.flatMap(({ key, digits, than }) => {
      const { cells } = series[name]
      const own = show(
        cells.map((cell) => cell[key]),
        digits,
      )
      if (!than) return [own]
      if (than.subject === name) return [own, '']
      const held = paired(cells, series[than.subject]?.cells ?? [], key, than.how)
      return [own, show(held, than.digits ?? (than.how === 'ratio' ? 2 : digits))]
    }),
  ])
  return table([head, ...rows])
}

/** @param {ReturnType<typeof judge>} verdicts */
function goalTable(verdicts) {
  const rows = verdicts.map((verdict) => {
    const { number, text, subject, atLeast, atMost, found } = verdict
    const limit = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
    const said = meets(verdict) ? 'met' : meets(verdict, 1 / 3) ? 'missed' : 'missed by more than a third'
    return [String(number), text, subject, limit, spreadText(found, found.median < 10 ? 2 : 0), said]
  })
  return table([['', 'goal', 'subject', 'wanted', 'found', ''], ...rows])
}

/** @param {readonly number[]} values @param {number} digits */
function show(values, digits) {
  const found = spread(values)
  return found ? spreadText(found, digits) : '–'
}

/** @param {import('./stats.mjs').Spread} found @param {number} digits */
function spreadText({ median, min, max, n }, digits) {
  const text = (/** @type {number} */ value) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return n > 1 ? `${text(median)} (${text(min)}–${text(max)})` : text(median)
}

/** @param {readonly (readonly string[])[]} rows the first one is the head */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (/** @type {readonly string[]} */ row) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n')
}

/** @param {object} machine */
function machineLines(machine) {
  const rows = Object.entries(machine).map(([name, value]) => {
    const text = typeof value === 'number' ? String(Math.round(value * 100) / 100) : value
    return `${name}: ${typeof text === 'object' ? JSON.stringify(text) : (text ?? 'none')}`
  })
  return rows.join(' · ')
}

/** Wrong answers and failed starts, each once. @param {Results} results @param {ReadonlySet<string>} [except] subjects */
export function faults(results, except = new Set()) {
  return Object.entries(results).flatMap(([scenario, series]) =>
    Object.entries(series)
      .filter(([subject]) => !except.has(subject))
      .flatMap(([subject, { faults }]) =>
        [...new Set(faults)].map((fault) => `**${subject} in ${scenario}**: ${fault.trim()}`),
      ),
  )
}

/** How much of the machine others used meanwhile: a run beside a busy neighbour says less. @param {Results} results */
function busy(results) {
  const others = Object.values(results)
    .flatMap((series) => Object.values(series))
    .flatMap(({ cells }) => cells.map((cell) => cell.others))
  const found = spread(others)
  if (!found) return []
  const share = (/** @type {number} */ cores) => `${Math.round(cores * 100)} %`
  return [
    `other programs used ${share(found.median)} of a core in the median measurement, ${share(found.max)} in the worst`,
  ]
}
