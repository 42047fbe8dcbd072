import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { RULES, render, table } from './table.js'

// `npx vitest run --config test/faults/vitest.config.ts table -u` writes it anew.
it('docs/faults.md says what the suite observes', async () => {
  const page = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8')
  const at = page.indexOf(RULES)
  expect(at).toBeGreaterThan(0)
  await expect(`${render()}\n${page.slice(at)}`).toMatchFileSnapshot('../../docs/faults.md')
})

it('no two rows are about the same fault', () => {
  const faults = table.flatMap(({ rows }) => rows.map((row) => row.upstream))
  expect(new Set(faults).size).toBe(faults.length)
})
