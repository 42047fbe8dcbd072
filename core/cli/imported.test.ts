import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { emptyFolder } from '../../test/support/cli.js'
import { withImports } from './imported.js'

it('finds what a config imports, and what that imports, under the names of the sources', () => {
  const dir = emptyFolder()
  mkdirSync(join(dir, 'lib'))
  const write = (name: string, text: string) => {
    writeFileSync(join(dir, name), text)
    return join(dir, name)
  }
  const config = write(
    'agproxy.config.ts',
    "import { defineConfig } from 'agproxy'\nimport { a } from './a.js'\nimport './gone.js'\n",
  )
  const a = write(
    'a.ts',
    "export * from './lib/index.js'\nconst b = await import('./b.mjs')\nimport './agproxy.config.js'",
  )
  const b = write('b.mjs', '')
  const lib = write('lib/index.ts', '')
  write('other.ts', '')
  const env = join(dir, '.env')
  expect(withImports(config).sort()).toEqual([a, config, b, lib, env].sort())
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax itself
  const yaml = write('agproxy.yaml', 'accounts: [{ upstream: zai, apiKey: "${file:keys/one}" }]')
  expect(withImports(yaml)).toEqual([yaml, env, join(dir, 'keys/one')])
})
