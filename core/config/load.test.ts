import { spawnSync } from 'node:child_process'
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
const load = async (file?: string, cwd = dir) => {
  const loaded = await loadConfig({
    cwd,
    file,
    env: { XDG_CONFIG_HOME: path('home') },
    project: true,
    modules,
  })
  return { file: loaded.file, config: loaded.config }
}
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
  ['agproxy.config.json', JSON_TEXT],
  ['agproxy.config.yaml', YAML_TEXT],
  ['agproxy.config.yml', YAML_TEXT],
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

describe('UTF-16, as PowerShell writes it', () => {
  const marked: Record<string, (text: string) => Buffer> = {
    'UTF-16LE': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
    'UTF-16BE': (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  }
  const cases = FORMS.flatMap(([name, text]) =>
    Object.keys(marked).map((mark) => [name, mark, text] as const),
  )
  test.each(cases)('%s in %s', async (name, mark, text) => {
    write(name, '')
    writeFileSync(path(name), marked[mark]!(text.replaceAll('\n', '\r\n')))
    expect(await load()).toEqual({ file: path(name), config: { server: { port: 1 } } })
  })

  test('the line of a fault is counted without the mark', async () => {
    const file = write('.agproxyrc.json', '\ufeff{\r\n  "a": 1\r\n  "b": 2\r\n}')
    expect(await failure()).toContain(`${file}:\n  not valid JSON in line 3`)
  })
})

describe('a config that is read again', () => {
  const port = async () => ((await load()).config as { server: { port: number } }).server.port

  test.each(FORMS)('%s is what the file holds now', async (name, text) => {
    write(name, text)
    expect(await port()).toBe(1)
    write(name, text.replace(/(port"?: )1/, '$17'))
    expect(await port()).toBe(7)
  })

  test.each([
    ['agproxy.config.mjs', 'export default { server: { port: 1 } }\n'],
    ['agproxy.config.js', 'export default { server: { port: 1 } }\n'],
    ['agproxy.config.js', 'module.exports = { server: { port: 1 } }\n'],
    ['agproxy.config.cjs', 'module.exports = { server: { port: 1 } }\n'],
    ['agproxy.config.ts', 'export default { server: { port: 1 } }\n'],
  ])('%s that imports nothing: %j', async (name, text) => {
    write('package.json', '{ "type": "module" }')
    if (text.startsWith('module') && name.endsWith('.js')) write('package.json', '{}')
    write(name, text)
    expect(await port()).toBe(1)
    write(name, text.replace('1', '7'))
    expect(await port()).toBe(7)
  })

  test.each([
    ['port.mjs', 'export const port = 1\n', "import { port } from './port.mjs'"],
    ['port.mjs', 'export const port = await 1\n', "const { port } = await import('./port.mjs')"],
    ['port.js', 'export const port = 1\n', "import { port } from './port.js'"],
    ['port.cjs', 'exports.port = 1\n', "import { port } from './port.cjs'"],
    [
      'port.json',
      '{ "port": 1 }',
      "import data from './port.json' with { type: 'json' }\nconst { port } = data",
    ],
    ['port.mts', 'export const port: number = 1\n', "import { port } from './port.mjs'"],
  ])('what it imports from %s: %j', async (part, text, statement) => {
    for (const name of ['agproxy.config.mjs', 'agproxy.config.ts']) {
      write(`parts/${part}`, text)
      write('parts/middle.mjs', `${statement}\nexport { port }\n`)
      write(name, "import { port } from './parts/middle.mjs'\nexport default { server: { port } }\n")
      expect(await port()).toBe(1)
      write(`parts/${part}`, text.replace('1', '7'))
      expect(await port()).toBe(7)
      rmSync(path(name))
    }
  })

  test.each(['require', 'createRequire'])('what it gets by %s', async (way) => {
    const name = way === 'require' ? 'agproxy.config.cjs' : 'agproxy.config.mjs'
    const text =
      way === 'require'
        ? "module.exports = { server: require('./server.json') }\n"
        : "import { createRequire } from 'node:module'\nexport default { server: createRequire(import.meta.url)('./server.json') }\n"
    write('server.json', '{ "port": 1 }')
    write(name, text)
    expect(await port()).toBe(1)
    write('server.json', '{ "port": 7 }')
    expect(await port()).toBe(7)
  })

  test('each module is evaluated once in a load, and modules that import each other work', async () => {
    const count = globalThis as { evaluated?: number }
    count.evaluated = 0
    write('state.mjs', 'globalThis.evaluated++\nexport const state = {}\n')
    write(
      'a.mjs',
      "import { b } from './b.mjs'\nimport { state } from './state.mjs'\nstate.port = 3\nexport const a = () => b\n",
    )
    write('b.mjs', "import { a } from './a.mjs'\nexport const b = 'b'\nexport const later = () => a()\n")
    write(
      'agproxy.config.mjs',
      "import { later } from './b.mjs'\nimport { state } from './state.mjs'\nexport default { server: { host: later(), port: state.port } }\n",
    )
    expect((await load()).config).toEqual({ server: { host: 'b', port: 3 } })
    expect(count.evaluated).toBe(1)
    await load()
    expect(count.evaluated).toBe(2)
    delete count.evaluated
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
  // A pipe stopped the event loop until somebody wrote to it.
  test.each(FORMS.map(([name]) => name))('a pipe in the place of %s is not waited for', async (name) => {
    rmSync(path(name), { force: true })
    spawnSync('mkfifo', [path(name)])
    if (name === 'package.json') expect((await load()).config).toBeUndefined()
    else expect(await failure()).toBe(`${path(name)}:\n  is a named pipe (FIFO), not a file`)
    expect(await failure(name)).toBe(`${path(name)}:\n  is a named pipe (FIFO), not a file`)
    if (process.platform === 'linux') expect(await failure('/dev/zero')).toContain('is a device, not a file')
  })

  test.each(['part.ts', 'part.mjs', 'part.json'])('nor one in the place of an imported %s', async (name) => {
    spawnSync('mkfifo', [path(name)])
    write('agproxy.config.ts', `import part from './${name}'\nexport default { server: part }\n`)
    expect(await failure()).toContain(`${path(name)} is a named pipe (FIFO), not a file`)
  })

  test('a file that is not there, a folder, a name without a loader', async () => {
    expect(await failure('nope.ts')).toBe(
      `${path('nope.ts')}:\n  no such file; check the path given to --config`,
    )
    mkdirSync(path('folder.ts'))
    expect(await failure('folder.ts')).toBe(`${path('folder.ts')}:\n  is a directory, not a file`)
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
