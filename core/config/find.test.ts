import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configFolder, projectsConfig } from './find.js'
import { loadConfig } from './load.js'
import { resolveConfig } from './resolve.js'

let dir: string
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'agproxy find-')))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = join(dir, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}
const port = (n: number) => `{ "server": { "port": ${n} } }`
const load = (options: { project?: boolean; file?: string; env?: NodeJS.ProcessEnv } = {}) => {
  mkdirSync(join(dir, 'work/deep'), { recursive: true })
  return loadConfig({
    cwd: join(dir, 'work/deep'),
    modules: async () => ({}),
    ...options,
    env: { XDG_CONFIG_HOME: join(dir, 'home'), ...options.env },
  })
}

describe('the order of configs', () => {
  test('a named one, AGPROXY_CONFIG, the project, the user', async () => {
    const flag = write('flag.json', port(1))
    const variable = write('variable.json', port(2))
    const project = write('work/agproxy.config.json', port(3))
    write('work/package.json', '{}')
    const own = write('home/agproxy/agproxy.config.yaml', 'server: { port: 4 }')
    const env = { AGPROXY_CONFIG: variable }
    expect((await load({ project: true, file: flag, env })).file).toBe(flag)
    expect((await load({ project: true, env })).file).toBe(variable)
    expect((await load({ project: true })).file).toBe(project)
    expect(await load()).toMatchObject({ file: own, leftAlone: project })
    rmSync(project)
    expect((await load({ project: true })).file).toBe(own)
    rmSync(own)
    expect((await load({ project: true })).file).toBeUndefined()
  })

  test.each(['config.json', 'config.yaml', 'agproxy.config.json'])(
    "the user's own may be %s",
    async (name) => {
      const file = write(`home/agproxy/${name}`, port(5))
      expect((await load()).file).toBe(file)
    },
  )

  test('a folder above is not looked at where nothing says that it is the project', () => {
    write('agproxy.config.json', port(1))
    mkdirSync(join(dir, 'work'))
    expect(projectsConfig(join(dir, 'work'))).toBeUndefined()
    mkdirSync(join(dir, '.git'))
    expect(projectsConfig(join(dir, 'work'))).toBe(join(dir, 'agproxy.config.json'))
    mkdirSync(join(dir, 'work/.git'))
    expect(projectsConfig(join(dir, 'work'))).toBeUndefined()
  })

  test('a config that AGPROXY_CONFIG names and that is not there is an error', async () => {
    await expect(load({ env: { AGPROXY_CONFIG: 'nope.json' } })).rejects.toThrow(
      'no such file; check the path given to AGPROXY_CONFIG',
    )
  })

  test('where the user folder is', () => {
    expect(configFolder({ XDG_CONFIG_HOME: '/x', HOME: '/h' }, 'linux')).toBe('/x/agproxy')
    expect(configFolder({ XDG_CONFIG_HOME: 'x', HOME: '/h' }, 'linux')).toBe('/h/.config/agproxy')
    expect(configFolder({ APPDATA: '/a', HOME: '/h' }, 'win32')).toBe('/a/agproxy')
  })
})

describe('variables in a config that is data', () => {
  const options = (config: unknown, env: NodeJS.ProcessEnv, texts: ReadonlySet<string>) =>
    resolveConfig(config, { env, texts, presets: { p: { name: 'p', plugins: [] } } })

  test('a variable, a default, a file and an escape', async () => {
    write('key.txt', 'from-a-file\r\n')
    const file = write(
      'c.yaml',
      [
        // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the syntax itself
        'preset: p',
        'server: { host: "${HOST:-127.0.0.1}", port: "${PORT}" }',
        'state: { prefix: "a-${NAME}-$${NAME}" }',
        'accounts:',
        '  - { upstream: zai, apiKey: "${file:key.txt}", weight: "${W}" }',
        '  - { upstream: zai, apiKey: "${UNSET}" }',
        // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the syntax itself
      ].join('\n'),
    )
    const loaded = await load({ file, env: { PORT: '9000', NAME: 'n', W: '2.5', HOST: '' } })
    const { server, state, accounts, warnings } = options(loaded.config, loaded.env, loaded.texts)
    expect(server).toMatchObject({ host: '127.0.0.1', port: 9000 })
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax itself
    expect(state.prefix).toBe('a-n-${NAME}')
    expect(accounts).toEqual([{ id: 'zai-1', upstream: 'zai', apiKey: 'from-a-file', weight: 2.5 }])
    expect(warnings.join()).toContain("accounts.1 ('zai') is left out: its apiKey is undefined")
  })

  test('what is wrong is told with its path, and without a value', async () => {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the syntax itself
    spawnSync('mkfifo', [join(dir, 'pipe')])
    write('big.txt', 'secret'.repeat(20_000))
    const file = write(
      'c.json',
      JSON.stringify({
        server: { host: 'a${NOPE}b' },
        accounts: [
          { apiKey: '${file:gone}' },
          { apiKey: '${file:big.txt}' },
          { apiKey: '${file:pipe}' },
          { apiKey: '${sk-secret}' },
        ],
      }),
    )
    const error: Error = await load({ file }).then(
      () => new Error('none'),
      (caught) => caught,
    )
    expect(error.message).toContain('the variable NOPE is not set; set it, or give a default: ${NOPE:-…}')
    expect(error.message).toContain(`accounts.0.apiKey: ${join(dir, 'gone')} is not there`)
    expect(error.message).toContain('big.txt is larger than 64 kB')
    expect(error.message).toContain('pipe is a named pipe (FIFO), not a file')
    expect(error.message).toContain('names no variable: write ${NAME}')
    expect(error.message).not.toContain('secret')
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the syntax itself
  })

  test('a text stays one where a text is wanted, and $schema is no option', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax itself
    const text = '{ "$schema": "./x.json", "preset": "p", "state": { "prefix": "${N}" } }'
    const loaded = await load({ file: write('c.json', text), env: { N: '17' } })
    expect(options(loaded.config, loaded.env, loaded.texts).state.prefix).toBe('17')
  })

  test('YAML anchors that refer to each other cost what they are long', async () => {
    const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`)
    const file = write('c.yaml', ['a0: &a0 [x]', ...levels].join('\n'))
    await expect(load({ file })).resolves.toMatchObject({ file })
  })
})

describe('.env beside a config', () => {
  test('stands in for what the environment lacks, and is read anew', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax itself
    const file = write('c.json', '{ "state": { "prefix": "${PREFIX}" }, "server": { "host": "${HOST}" } }')
    write('.env', '# a comment\nPREFIX="one"\nHOST=from-file\n')
    const read = async () => (await load({ file, env: { HOST: 'from-env' } })).config
    expect(await read()).toEqual({ state: { prefix: 'one' }, server: { host: 'from-env' } })
    write('.env', 'PREFIX=two\n')
    expect(await read()).toMatchObject({ state: { prefix: 'two' } })
  })

  test('is told of where it can not be read, and is no reason to wait', async () => {
    const file = write('c.json', '{}')
    mkdirSync(join(dir, '.env'))
    const { warnings } = await load({ file })
    expect(warnings).toEqual([
      `${join(dir, '.env')} is a directory, not a file: no variable is taken from it`,
    ])
    rmSync(join(dir, '.env'), { recursive: true })
    spawnSync('mkfifo', [join(dir, '.env')])
    await expect(load({ file })).rejects.toThrow(
      `${join(dir, '.env')}:\n  is a named pipe (FIFO), not a file`,
    )
    await expect(load({ file: write('c.mjs', 'export default {}') })).rejects.toThrow('is a named pipe')
  })

  test('reaches a config that is code, and leaves the process when it is gone', async () => {
    const file = write('c.mjs', 'export default { state: { prefix: process.env.AGPROXY_TEST_ONLY } }\n')
    const read = async () => (await load({ file, env: process.env })).config
    write('.env', 'AGPROXY_TEST_ONLY=one\n')
    expect(await read()).toEqual({ state: { prefix: 'one' } })
    write('.env', 'AGPROXY_TEST_ONLY=two\n')
    expect(await read()).toEqual({ state: { prefix: 'two' } })
    rmSync(join(dir, '.env'))
    expect(await read()).toEqual({ state: { prefix: undefined } })
    expect(process.env.AGPROXY_TEST_ONLY).toBeUndefined()
  })
})
