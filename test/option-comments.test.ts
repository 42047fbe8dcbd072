import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { z } from 'zod'
import {
  accountSchema,
  logSchema,
  serverSchema,
  stateSchema,
  transportSchema,
} from '../core/config/schema.js'
import { toSpec } from '../core/plugin/define.js'
import * as plugins from '../plugins/index.js'

const root = fileURLToPath(new URL('..', import.meta.url))

const sourceOf = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.ts') && !name.includes('.test.'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n')

/** What an editor shows for a field: the comment right before it. */
function commentOf(source: string, key: string): string | undefined {
  const found = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*\\n\\s*'?${key}'?:`).exec(source)
  return found?.[1]
}

const folderOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
const exists = new Set(readdirSync(join(root, 'plugins')))

const schemas: [string, string, z.ZodType][] = [
  ['server', sourceOf('core/config'), serverSchema],
  ['log', sourceOf('core/config'), logSchema],
  ['state', sourceOf('core/config'), stateSchema],
  ['transport', sourceOf('core/config'), transportSchema],
  ['accounts', sourceOf('core/config'), accountSchema],
  ...Object.entries(plugins).flatMap(([name, factory]): [string, string, z.ZodType][] => {
    const schema = toSpec(factory)?.definition.options
    // Ready-made upstreams share the options of anthropicCompatible.
    const folder = exists.has(folderOf(name)) ? folderOf(name) : 'anthropic-compatible'
    return schema ? [[name, sourceOf(join('plugins', folder)), schema]] : []
  }),
]

it('finds the options at all', () => {
  expect(schemas.map(([name]) => name)).toContain('retryRotate')
})

it.each(schemas)(
  'every option of %s tells an editor what it means, and its default',
  (_name, source, schema) => {
    const { shape } = schema as z.ZodObject
    const silent = Object.entries(shape).flatMap(([key, field]) => {
      const comment = commentOf(source, key)
      if (comment === undefined) return [`${key} has no comment`]
      const isRequired = !field.safeParse(undefined).success
      return isRequired || /default/i.test(comment) ? [] : [`${key} does not say its default`]
    })
    expect(silent).toEqual([])
  },
)
