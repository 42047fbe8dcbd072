import { expect, it } from 'vitest'
import { OFFERS } from '../core/cli/init/offers.js'
import { ENTRIES } from '../plugins/anthropic-compatible/entries.js'
import { upstreamOf } from './upstreams.js'

/** As an upstream's name is written. */
const dashed = (name: string) =>
  name === 'liteLLM' ? 'litellm' : name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)

const entries = Object.entries(ENTRIES).map(([name, entry]) => [dashed(name), entry] as const)

it.each(entries)('%s can be declared as data, by its type', (name) => {
  const { definition, options } = upstreamOf('own-name', { type: name, models: { 'claude-*': 'm' } })
  expect([definition.name, options]).toEqual(['own-name', { models: { 'claude-*': 'm' } }])
})

it('`agproxy init` offers each of them, and knows which need a key and which map models', () => {
  const offered = OFFERS.filter(({ kind }) => kind === 'ready-made')
  expect(offered.map(({ name }) => name).sort()).toEqual(entries.map(([name]) => name).sort())
  for (const [name, entry] of entries) {
    const { title, isLocal = false, mapsModels = false } = offered.find((offer) => offer.name === name)!
    const { needsKey = true, models = {} } = entry as { needsKey?: boolean; models?: object }
    expect({ title, needsKey: !isLocal, maps: mapsModels }).toEqual({
      title: entry.title,
      needsKey,
      maps: Object.keys(models).length > 0,
    })
  }
})
