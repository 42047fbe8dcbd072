import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as agproxy from 'agproxy'
import * as plugins from 'agproxy/plugins'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../errors/config-error.js'
import { loadConfig } from './load.js'

// Outside this repository on purpose: nothing but the virtual modules can make `agproxy` resolvable there.
let dir: string
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'agproxy-load-')))
  write('package.json', '{}')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const path = (name: string) => join(dir, name)
function write(name: string, text: string): string {
  mkdirSync(dirname(path(name)), { recursive: true })
  writeFileSync(path(name), text)
  return path(name)
}
const modules = async () => ({ agproxy, 'agproxy/plugins': plugins })
const load = (file?: string, cwd = dir) => loadConfig({ cwd, file, modules })
const failure = async (file?: string): Promise<string> => {
  try {
    await load(file)
  } catch (error) {
    if (ConfigError.is(error)) return error.message
    throw error
  }
  throw new Error('no error')
}

const ESM = `import { defineConfig } from 'agproxy'\nexport default defineConfig({ server: { port: 1 } })\n`
const CJS = `const { defineConfig } = require('agproxy')\nmodule.exports = defineConfig({ server: { port: 1 } })\n`
const JSON_TEXT = '{ "server": { "port": 1 } }'
const YAML_TEXT = 'server:\n  port: 1\n'

const FORMS: [string, string][] = [
  ['agproxy.config.ts', ESM],
  ['agproxy.config.mts', ESM],
  [
    'agproxy.config.cts',
    "import { defineConfig } from 'agproxy'\nexport = defineConfig({ server: { port: 1 } })\n",
  ],
  ['agproxy.config.js', ESM],
  ['agproxy.config.js', CJS],
  ['agproxy.config.mjs', ESM],
  ['agproxy.config.cjs', CJS],
  ['.agproxyrc', JSON_TEXT],
  ['.agproxyrc', YAML_TEXT],
  ['.agproxyrc.json', JSON_TEXT],
  ['.agproxyrc.yaml', YAML_TEXT],
  ['.agproxyrc.yml', YAML_TEXT],
  ['package.json', `{ "name": "x", "agproxy": ${JSON_TEXT} }`],
]

describe('finding a config', () => {
  test.each(FORMS)('%s is found and read', async (name, text) => {
    const file = write(name, text)
    expect(await load()).toEqual({ file, config: { server: { port: 1 } } })
  })

  test.each(FORMS)(
    '%s is read as Windows editors save it: a byte order mark and CRLF',
    async (name, text) => {
      const file = write(name, `\ufeff${text.replaceAll('\n', '\r\n')}`)
      expect(await load()).toEqual({ file, config: { server: { port: 1 } } })
    },
  )

  test.each(FORMS)('%s can be named', async (name, text) => {
    const file = write(`elsewhere/${name}`, text)
    expect(await load(`elsewhere/${name}`)).toEqual({ file, config: { server: { port: 1 } } })
    expect(await load(file)).toEqual({ file, config: { server: { port: 1 } } })
  })

  test('any name will do with --config', async () => {
    write('gateway.yml', YAML_TEXT)
    write('gateway.ts', ESM)
    expect((await load('gateway.yml')).config).toEqual({ server: { port: 1 } })
    expect((await load('gateway.ts')).config).toEqual({ server: { port: 1 } })
  })

  test('the search goes upwards to the folder of the package', async () => {
    const file = write('agproxy.config.ts', ESM)
    mkdirSync(path('a/b'), { recursive: true })
    expect((await load(undefined, path('a/b'))).file).toBe(file)
    write('a/package.json', '{}')
    expect((await load(undefined, path('a/b'))).file).toBeUndefined()
  })

  test('none found is no error', async () => {
    expect(await load()).toEqual({ file: undefined, config: undefined })
  })
})

describe('a config that is code', () => {
  test('may import its own TypeScript, with and without extension, and node modules', async () => {
    write('parts/port.ts', 'export const port: number = 7\n')
    write(
      'parts/host.ts',
      "import { hostname } from 'node:os'\nexport const host: string = hostname() && 'h'\n",
    )
    write(
      'agproxy.config.ts',
      "import { host } from './parts/host.js'\nimport { port } from './parts/port'\nexport default { server: { host, port } }\n",
    )
    expect((await load()).config).toEqual({ server: { host: 'h', port: 7 } })
  })

  test('may use types, enums, top-level await and import.meta', async () => {
    write(
      'agproxy.config.ts',
      'enum Port { one = 1 }\ninterface X { port: Port }\nconst server: X = await Promise.resolve({ port: Port.one })\n' +
        'export default { server, here: import.meta.url } satisfies object\n',
    )
    expect((await load()).config).toMatchObject({ server: { port: 1 } })
  })

  test('gets the running agproxy, not a copy of it', async () => {
    write(
      'agproxy.config.ts',
      "import { definePlugin } from 'agproxy'\nimport { auth } from 'agproxy/plugins'\n" +
        'export default { definePlugin, use: [auth] }\n',
    )
    const { config } = await load()
    expect(config).toMatchObject({ definePlugin: agproxy.definePlugin, use: [plugins.auth] })
  })

  test('may export a promise', async () => {
    write('agproxy.config.js', 'export default Promise.resolve({ server: {} })\n')
    expect((await load()).config).toEqual({ server: {} })
  })

  test('is read anew each time, and so is what it imports', async () => {
    write('port.ts', 'export const port = 1\n')
    write('agproxy.config.ts', "import { port } from './port'\nexport default { server: { port } }\n")
    expect((await load()).config).toEqual({ server: { port: 1 } })
    write('port.ts', 'export const port = 2\n')
    expect((await load()).config).toEqual({ server: { port: 2 } })
  })
})

describe('a config that cannot be used', () => {
  test('a file that is not there, a folder, a name without a loader', async () => {
    expect(await failure('nope.ts')).toBe(
      `${path('nope.ts')}:\n  no such file; check the path given to --config`,
    )
    mkdirSync(path('folder.ts'))
    expect(await failure('folder.ts')).toBe(
      `${path('folder.ts')}:\n  not a file; --config wants a config file`,
    )
    write('config.toml', 'a = 1')
    expect(await failure('config.toml')).toBe(
      `${path('config.toml')}:\n  No loader specified for extension ".toml"`,
    )
    expect(await failure('package.json')).toBe(`${path('package.json')}:\n  has no key 'agproxy'`)
  })

  test('a syntax error names file and line', async () => {
    const file = write('agproxy.config.ts', 'export default {\n  a: 1\n  b: 2\n}\n')
    expect(await failure()).toBe(`${file}:\n  syntax error in line 3: Unexpected token, expected ","`)
  })

  test('a syntax error in an imported file names that one', async () => {
    const part = write('part.ts', 'export const a =\n')
    const file = write('agproxy.config.ts', "import { a } from './part'\nexport default { a }\n")
    expect(await failure()).toBe(`${file}:\n  syntax error in ${part}, line 2: Unexpected token`)
  })

  test('what it throws is told in one line, with the line that threw', async () => {
    const file = write('agproxy.config.ts', "const a = 1\n\nthrow new Error('no luck\\nat all')\n")
    expect(await failure()).toBe(`${file}:\n  failed to load (line 3): no luck`)
    write('agproxy.config.ts', "throw 'text'\n")
    expect(await failure()).toBe(`${file}:\n  failed to load: text`)
  })

  test('a missing import and a missing export', async () => {
    const file = write('agproxy.config.ts', "import { x } from './nope'\nexport default { x }\n")
    expect(await failure()).toMatch(`${file}:\n  failed to load (line 1): Cannot find module './nope'`)
    write('agproxy.config.ts', "import { defineConfg } from 'agproxy'\nexport default defineConfg({})\n")
    expect(await failure()).toBe(`${file}:\n  failed to load (line 2): defineConfg is not a function`)
  })

  test('a file that is missing inside a config is not a missing config', async () => {
    const file = write(
      'agproxy.config.ts',
      "import { readFileSync } from 'node:fs'\nexport default { key: readFileSync('/nope/key') }\n",
    )
    write('.agproxyrc', JSON_TEXT)
    expect(await failure()).toBe(
      `${file}:\n  failed to load (line 2): ENOENT: no such file or directory, open '/nope/key'`,
    )
  })

  test.each([
    [
      'agproxy.config.ts',
      'export const port = 1\n',
      'exports port but no default; export the config object as default',
    ],
    ['agproxy.config.ts', 'export {}\n', 'exports nothing; export the config object as default'],
    [
      'agproxy.config.ts',
      'export default undefined\n',
      'is empty or exports nothing; export the config object as default',
    ],
    [
      'agproxy.config.ts',
      'export default Promise.resolve(null)\n',
      'is empty or exports nothing; export the config object as default',
    ],
    ['.agproxyrc.json', 'null', 'is empty or exports nothing; export the config object as default'],
    ['agproxy.config.ts', '\n', 'is empty or exports nothing; export the config object as default'],
    [
      'agproxy.config.js',
      'export default () => ({})\n',
      'exports a function; export the config object as default: export default defineConfig({ … })',
    ],
    [
      'agproxy.config.js',
      'export default []\n',
      'exports a list; export the config object as default: export default defineConfig({ … })',
    ],
    [
      '.agproxyrc',
      'just text\n',
      'exports a string; export the config object as default: export default defineConfig({ … })',
    ],
    ['.agproxyrc.yaml', '# nothing\n', 'is empty or exports nothing; export the config object as default'],
  ])('%s with %j', async (name, text, message) => {
    const file = write(name, text)
    expect(await failure()).toBe(`${file}:\n  ${message}`)
  })

  test.each([
    ['{\n  "apiKey": "sk-secret",\n}', 'line 3: Expected double-quoted property name'],
    ['{\n  "apiKey": sk-secret\n}', "line 2: Unexpected token 's'"],
    ['{ "apiKey": "sk-secret"', 'line 1: Expected'],
    ['[1, sk-secret', "line 1: Unexpected token 's'"],
    ['\ufeff{\r\n  "apiKey": sk-secret\r\n}', "line 2: Unexpected token 's'"],
  ])('broken JSON %j: the line, and nothing of the text around it', async (text, message) => {
    const file = write('.agproxyrc.json', text)
    const found = await failure()
    expect(found).toContain(`${file}:\n  not valid JSON in ${message}`)
    expect(found).not.toContain('secret')
    expect(found.split('\n')).toHaveLength(2)
  })

  test('broken YAML: the line, and nothing of the text around it', async () => {
    const file = write('.agproxyrc.yaml', 'accounts:\n  - apiKey: sk-secret\n   upstream: zai\n')
    const found = await failure()
    expect(found).toBe(`${file}:\n  not valid YAML in line 3: bad indentation of a sequence entry`)
  })
})
