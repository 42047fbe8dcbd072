import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonValue } from './json-value.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('is the same behind JSON, which has no -0', () => {
  fc.assert(
    fc.property(jsonValue(), (value) => {
      expect(JSON.parse(JSON.stringify(value))).toEqual(value)
    }),
    { numRuns: 2_000 },
  )
})

it('is what every test takes', () => {
  const others = ['core', 'plugins', 'presets', 'test']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !file.includes('json-value'))
    .filter((file) => /fc\s*\.jsonValue\(/.test(readFileSync(join(root, file), 'utf8')))
  expect(others).toEqual([])
})
