import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CARDS, upstreamsPage } from './support/upstreams-page.js'

const file = new URL('../docs/upstreams.md', import.meta.url)

it('docs/upstreams.md is what the data files say: npm run docs:upstreams', () => {
  if (process.env.UPDATE_DOCS) writeFileSync(file, upstreamsPage())
  else expect(readFileSync(file, 'utf8')).toBe(upstreamsPage())
})

it('every fact says something, and has a source and a date', () => {
  const odd = CARDS.flatMap(({ name, facts }) =>
    facts
      .filter(
        ({ accepts, says, source, date }) =>
          !(accepts || says) || source.length < 5 || !/^20\d\d-[01]\d(-[0-3]\d)?$/.test(date),
      )
      .map((fact) => [name, fact]),
  )
  expect(odd).toEqual([])
  expect(CARDS.map(({ facts }) => facts.length)).not.toContain(0)
})
