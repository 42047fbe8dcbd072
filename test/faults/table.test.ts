import { expect, it } from 'vitest'
import { render, table } from './table.js'

// `npx vitest run --config test/faults/vitest.config.ts table -u` writes it anew.
it('docs/faults.md says what the suite observes', async () => {
  await expect(render()).toMatchFileSnapshot('../../docs/faults.md')
})

it('no two rows are about the same fault', () => {
  const faults = table.flatMap(({ rows }) => rows.map((row) => row.upstream))
  expect(new Set(faults).size).toBe(faults.length)
})
