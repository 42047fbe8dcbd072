import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { toSpec } from '../core/plugin/define.js'
import { tokens } from '../core/plugin/tokens.js'
import { claudeCode } from '../presets/index.js'

/* Tables and drawings that repeat what the code says: each is compared with it. */

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const [readme, page] = [read('README.md'), read('docs/writing-plugins.md')]

const chain = claudeCode.plugins.map((entry) => toSpec(entry)!.definition)
const inPhase = (phase: string, optIn: boolean) =>
  chain
    .filter((definition) => definition.phase === phase)
    .filter((definition) => ('optIn' in definition && definition.optIn === true) === optIn)
    .map(({ name }) => name)
const known = new Set<string>(chain.map(({ name }) => name))
const namesIn = (text: string) => (text.match(/[a-z]+(-[a-z]+)*/g) ?? []).filter((word) => known.has(word))

describe('the drawing of the chain in the README', () => {
  const boxes = [...readme.matchAll(/^┌ (\w+) [^\n]*\n([\s\S]*?)^└/gm)]

  it.each(boxes.map(([, phase, text]) => [phase!, text!]))('%s', (phase, text) => {
    const [usual = '', wanted = ''] = text.split('where the config names')
    expect([namesIn(usual), namesIn(wanted)]).toEqual([inPhase(phase, false), inPhase(phase, true)])
  })

  it('has a box for each phase', () => {
    expect(boxes.map(([, phase]) => phase)).toEqual(['request', 'dispatch', 'attempt', 'upstream'])
  })
})

it('the README lists every plugin, those of the preset in the order of the chain', () => {
  const listed = [...readme.matchAll(/^\| \[`([a-z-]+)`\]\(docs\/plugins\/\1\.md\)/gm)].map(
    ([, name]) => name!,
  )
  const folders = readdirSync(join(root, 'plugins'), { withFileTypes: true })
  expect(listed.toSorted()).toEqual(
    folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted(),
  )
  expect(listed.filter((name) => known.has(name))).toEqual(chain.map(({ name }) => name))
})

describe('docs/writing-plugins.md', () => {
  it.each(['request', 'dispatch', 'attempt'])("names the preset's plugins of the phase %s", (phase) => {
    const [, cell = ''] = new RegExp(`^\\| \`${phase}\` \\|.*\\| (.*) \\|$`, 'm').exec(page) ?? []
    const names = chain.filter((definition) => definition.phase === phase).map(({ name }) => name)
    expect(namesIn(cell)).toEqual(names)
  })

  it('lists every token', () => {
    const rows = [...page.matchAll(/^\| `tokens\.(\w+)` \| `(\w+)` \|/gm)]
    expect(rows.map(([, token]) => token!).toSorted()).toEqual(Object.keys(tokens).toSorted())
    for (const [, token, inCreate] of rows) expect(inCreate).toBe(token)
  })

  it.each(['PluginDefinition', 'Plugin', 'Call', 'Reply'])('speaks of each field of %s', (name) => {
    const file = { PluginDefinition: 'plugin', Plugin: 'plugin', Call: 'call', Reply: 'reply' }[name]
    const [, body = ''] =
      new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(
        read(`core/contract/${file}.ts`),
      ) ?? []
    const fields = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:<]/gm)].map(([, field]) => field!)
    expect(fields.length).toBeGreaterThan(8)
    expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(page))).toEqual([])
  })
})
