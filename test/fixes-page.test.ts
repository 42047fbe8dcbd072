import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EXAMPLES, exampleText, runExample } from './support/fixes-page.js'

const file = new URL('../docs/fixes.md', import.meta.url)
const page = () => readFileSync(file, 'utf8')

/** Behind the table of its section. */
const place = (fix: string) =>
  new RegExp(`(^## ${fix}\\n[\\s\\S]*?<!-- example -->\\n)[\\s\\S]*?(\\n<!-- end -->)`, 'm')

describe.each(EXAMPLES)('docs/fixes.md, $fix', (example) => {
  it('shows what becomes of a request: UPDATE_DOCS=1 npx vitest run test/fixes-page.test.ts', async () => {
    const text = await exampleText(example)
    expect(text).toMatch(/^[+-] /m)
    if (process.env.UPDATE_DOCS)
      writeFileSync(
        file,
        page().replace(place(example.fix), (_, head, end) => `${head}${text}${end}`),
      )
    expect(place(example.fix).exec(page())?.[0]).toContain(text)
  })

  it('does nothing the second time', async () => {
    const { after, again } = await runExample(example)
    expect(again.bytes.toString()).toBe(after.bytes.toString())
    expect(again.headers).toEqual(after.headers)
  })
})

it('every section says what it changes, why, for which upstream and what it costs', () => {
  const sections = page().split(/^## /m).slice(1)
  const lacking = sections.filter(
    (section) => !['changes', 'why', 'for', 'costs'].every((row) => section.includes(`\n| ${row} | `)),
  )
  expect(lacking.map((section) => section.split('\n')[0])).toEqual([])
  // What `background` answers here has no after; its page shows the answer.
  const shown = [...EXAMPLES.map(({ fix }) => fix), 'background']
  expect(sections.map((section) => section.split('\n')[0]).toSorted()).toEqual(shown.toSorted())
})
