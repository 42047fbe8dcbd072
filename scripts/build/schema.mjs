import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { sourceOfFolder } from './comments.mjs'

/**
 * Writes `agproxy.schema.json`, which editors read for configs in JSON and YAML: made of the schemas of the compiled library, with the
 * comments of the sources as descriptions.
 * @param {string} outdir
 */
export async function writeSchema(outdir) {
  const load = (name) => import(pathToFileURL(resolve(outdir, name)).href)
  const { presets } = await load('presets/index.js')
  const own = await load('core/config/schema.js')
  const { SHORT_FORMS, TEXT_FORMS } = await load('core/config/short-forms.js')
  const core = sourceOfFolder('core/config')

  const entries = Object.values(presets).flatMap((preset) => preset.plugins)
  const definitions = new Map(entries.map(({ definition }) => [definition.name, definition]))
  const options = Object.fromEntries(
    [...definitions].map(([name, { options: schema }]) => [name, optionsOf(name, schema)]),
  )
  const part = (schema) => described(jsonSchema(schema), core)
  const upstreams = [...definitions].filter(([, { phase }]) => phase === 'upstream').map(([name]) => name)
  const account = part(own.accountSchema)
  account.properties.upstream.examples = upstreams

  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'agproxy config',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      preset: {
        description: 'A name, or a list of them; later ones win. Default: claude-code.',
        anyOf: [{ enum: Object.keys(presets) }, { type: 'array', items: { enum: Object.keys(presets) } }],
      },
      server: part(own.serverSchema),
      accounts: {
        description: 'Upstream credentials, in order of preference.',
        type: 'array',
        items: account,
      },
      plugins: {
        description: 'By plugin name: options, true, or false to leave it out.',
        type: 'object',
        properties: options,
      },
      ...Object.fromEntries(
        SHORT_FORMS.filter((name) => options[name]).map((name) => [
          name,
          name in TEXT_FORMS ? { anyOf: [{ type: 'string' }, ...options[name].anyOf] } : options[name],
        ]),
      ),
      upstreams: {
        description: 'Upstreams as data: { name, provider, … } or { name, baseURL, … }.',
        type: 'array',
        items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      },
      log: part(own.logSchema),
      state: part(own.stateSchema),
      transport: part(own.transportSchema),
    },
  }
  writeFileSync(join(outdir, 'agproxy.schema.json'), `${JSON.stringify(schema, null, 1)}\n`)
}

function optionsOf(name, schema) {
  if (!schema) return { type: 'boolean' }
  const folder = join('plugins', name)
  const source = sourceOfFolder(existsSync(folder) ? folder : join('plugins', 'anthropic-compatible'))
  return { anyOf: [described(jsonSchema(schema), source), { type: 'boolean' }] }
}

/** A variable (`${PORT}`) may stand for every option of JSON and YAML that is a number or a boolean. */
function jsonSchema(schema) {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: made }) => {
      if (!['number', 'integer', 'boolean'].includes(made.type)) return
      const { default: value, ...kind } = made
      for (const key of Object.keys(made)) delete made[key]
      Object.assign(made, { anyOf: [kind, { type: 'string', pattern: '^\\$\\{' }] })
      if (value !== undefined) made.default = value
    },
  })
  return rest
}

/** @param {any} schema @param {string} source */
function described(schema, source) {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const comment = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*\\n\\s*'?${key}'?:`).exec(source)?.[1]
    if (comment !== undefined) property.description ??= comment.replace(/\s*\n\s*\*\s?/g, ' ').trim()
  }
  return schema
}
