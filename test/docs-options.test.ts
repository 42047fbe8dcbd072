import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { keysAt, type Schema } from '../core/config/zod-schema.js'
import type { PluginDefinition } from '../core/contract/plugin.js'
import * as plugins from '../plugins/index.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const folders = (path: string) =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

interface Row {
  readonly name: string
  readonly default: string
}

/** The table under `## Options`. */
function optionTable(page: string): Row[] {
  const section = /^## Options\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(read(page))?.[1] ?? ''
  const [, , ...rows] = section.match(/^\|.*\|$/gm) ?? []
  return rows.map((row) => {
    const [, name = '', value = ''] = row.split('|').map((cell) => cell.trim())
    return { name: name.replaceAll('`', ''), default: value }
  })
}

/** Option names; those inside an option with dots, but for the names that docs/upstreams.md explains. */
function names(schema: Schema, path: readonly string[] = []): string[] {
  return keysAt(schema, path).flatMap((key) => {
    if (key === 'accepts') return [key]
    const inner = names(schema, [...path, key])
    return inner.length > 0 ? inner : [[...path, key].join('.')]
  })
}

const at = (value: unknown, path: string) =>
  path.split('.').reduce<unknown>((v, key) => (v as Record<string, unknown> | undefined)?.[key], value)

/** Longer defaults may be told in words. */
const LONGEST = 40

/** What a default's cell must say; undefined where words do, as for an option that has none. */
function shown(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string') return [`\`${JSON.stringify(value)}\``]
  return value.length > LONGEST ? undefined : [`\`'${value}'\``, `\`${value}\``]
}

/** What a page documents. The factories for compatible upstreams make plugins of any name, so one stands for all. */
function documented(folder: string): { definition: PluginDefinition; given: object; besides: string[] } {
  if (folder === 'anthropic-compatible') {
    const given = { baseURL: 'https://llm.example.com' }
    const { definition } = plugins.anthropicCompatible({ name: 'some', ...given })
    return { definition: definition as never, given, besides: ['name'] }
  }
  if (folder === 'ai-sdk') {
    const given = { provider: '@ai-sdk/google' }
    const { definition } = plugins.aiSdk({ name: 'some', ...given })
    return { definition: definition as never, given, besides: ['name'] }
  }
  const factory = Object.values(plugins).find((p) => 'definition' in p && p.definition.name === folder)
  expect(factory, `agproxy/plugins exports '${folder}'`).toBeDefined()
  return { definition: (factory as { definition: PluginDefinition }).definition, given: {}, besides: [] }
}

describe.each(folders('plugins'))('docs/plugins/%s.md', (folder) => {
  const { definition, given, besides } = documented(folder)
  const schema = definition.options as z.ZodType
  const table = optionTable(`docs/plugins/${folder}.md`)

  it('lists every option, and none that is not there', () => {
    expect(table.map((row) => row.name).sort()).toEqual([...besides, ...names(schema)].sort())
  })

  it('states the defaults that are in force', () => {
    const defaults = schema.parse(given)
    for (const row of table) {
      if (besides.includes(row.name) || row.name in given) expect(row.default).toMatch(/^required/)
      else {
        const right = shown(at(defaults, row.name))
        if (right) expect(right, row.name).toContain(row.default)
        else expect(row.default, row.name).not.toBe('')
      }
    }
  })
})
