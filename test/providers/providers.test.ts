import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { CAPABILITIES } from './capabilities.js'
import { PROVIDERS } from './providers.js'
import { trial } from './trial.js'

const file = new URL('../../docs/providers.md', import.meta.url)
const BEGIN = '<!-- from the tests: UPDATE_DOCS=1 npx vitest run test/providers -->\n'
const END = '<!-- end -->'

const YES = '●'
const NO = '–'

/** The page's table, by row and column. */
function told(): Map<string, string> {
  const text = readFileSync(file, 'utf8')
  const [head, , ...rows] = text
    .slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END))
    .trim()
    .split('\n')
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  const [, ...columns] = cells(head ?? '')
  return new Map(
    rows.flatMap((row) => {
      const [title, ...values] = cells(row)
      return values.map((value, i): [string, string] => [`${title}/${columns[i]}`, value])
    }),
  )
}

const found = new Map<string, string>()
const page = process.env.UPDATE_DOCS ? undefined : told()

describe.each(PROVIDERS)('$title', (provider) => {
  it.each(CAPABILITIES)('$title', async ({ title, check }) => {
    const result = (await check(await trial(provider))) ? YES : NO
    const place = `${title}/${provider.title}`
    found.set(place, result)
    if (page) expect(result, 'docs/providers.md tells something else').toBe(page.get(place))
  })
})

it('the page has a row for each capability and a column for each provider', () => {
  expect([...(page ?? found).keys()].length).toBe(CAPABILITIES.length * PROVIDERS.length)
})

afterAll(() => {
  if (page) return
  const row = (first: string, cells: readonly string[]) => `| ${[first, ...cells].join(' | ')} |\n`
  const titles = PROVIDERS.map(({ title }) => title)
  const rows = CAPABILITIES.map(({ title }) =>
    row(
      title,
      titles.map((column) => found.get(`${title}/${column}`) ?? '?'),
    ),
  )
  const table = [row('', titles), `|---|${titles.map(() => '---|').join('')}\n`, ...rows].join('')
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(BEGIN) + BEGIN.length
  writeFileSync(file, text.slice(0, from) + table + text.slice(text.indexOf(END, from)))
})
