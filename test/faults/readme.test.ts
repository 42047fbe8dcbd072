import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SAME } from './row.js'
import { table } from './table.js'

/** The rows of the suite that the README tells, in its order. */
const PICKED = [
  'refuses the connection',
  'answers 200 with nothing',
  'is busy: `event: error` with `overloaded_error` first',
  'answers 429 with `retry-after: 1`',
  'answers 429 with `retry-after: 20`',
  'answers 401',
  'answers 529',
  'answers 502 with HTML',
  'resets in the middle of the text',
  'stalls in the middle of the text (`idleTimeout`)',
  'ends its stream without `message_stop`',
  'says code 1261 (prompt too long), with its numbers',
  'answers 301 to another host',
]

const file = new URL('../../README.md', import.meta.url)
const BEGIN = '<!-- from the fault suite: UPDATE_README=1 npm run test:faults -- readme -->\n'
const END = '<!-- end -->'

function rows(): string {
  const all = table.flatMap(({ rows }) => rows)
  const lines = PICKED.map((name) => {
    const row = all.find(({ upstream }) => upstream === name)
    if (!row) throw new Error(`no row '${name}'`)
    return `| ${name} | ${row.stream!.sees} | ${row.stream!.calls} | ${row.second === SAME ? 'the same' : row.second} |`
  })
  const head =
    '| the upstream … | a streaming client sees | calls | with a second account |\n|---|---|---|---|'
  return `${head}\n${lines.join('\n')}\n`
}

it('the README tells what the suite observes', () => {
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(BEGIN) + BEGIN.length
  const to = text.indexOf(END, from)
  expect(from).toBeGreaterThan(BEGIN.length)
  expect(to).toBeGreaterThanOrEqual(from)
  if (process.env.UPDATE_README) writeFileSync(file, text.slice(0, from) + rows() + text.slice(to))
  else expect(text.slice(from, to)).toBe(rows())
})
