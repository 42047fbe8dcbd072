import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { NamedFactory } from '../../core/kit.js'
import { ENTRIES } from './entries.js'
import type { Entry } from './entry.js'
import type { Options } from './options.js'
import * as readyMade from './ready-made.js'

const docs = readFileSync(new URL('../../docs/plugins/anthropic-compatible.md', import.meta.url), 'utf8')
const factories = Object.entries(readyMade) as [keyof typeof ENTRIES, NamedFactory<string, Options>][]

it('there is a factory for each entry', () => {
  expect(factories.map(([name]) => name).toSorted()).toEqual(Object.keys(ENTRIES).toSorted())
})

it.each(factories)('%s: its data is valid, and the table of the docs tells the same', (name, factory) => {
  const { options, name: upstream } = factory.definition
  const { baseURL, keyHeader, needsKey } = options!.parse({})
  const row = docs.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))
  const key = `${keyHeader === 'bearer' ? 'Bearer' : keyHeader}${needsKey ? '' : ', if any'}`
  expect(
    row
      ?.split('|')
      .slice(2, 5)
      .map((cell) => cell.trim()),
  ).toEqual([`\`${upstream}\``, `\`${baseURL}\``, key])
})

it.each(factories)('%s: what it is said to take is an option that can be given', (name, factory) => {
  const { facts = [] }: Entry = ENTRIES[name]
  for (const { accepts = {} } of facts)
    expect(factory.definition.options!.parse({ accepts }).accepts).toEqual(accepts)
})
