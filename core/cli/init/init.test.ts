import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { presets } from '../../../presets/index.js'
import { upstreamOf } from '../../../presets/upstreams.js'
import { anthropicUpstream, failure } from '../../../test/support/anthropic-upstream.js'
import { startUpstream } from '../../../test/support/bad-upstream.js'
import { builtCli, emptyFolder, shellWord } from '../../../test/support/cli.js'
import { runCli } from '../main.js'
import { OFFERS } from './offers.js'

const cli = builtCli()
const root = fileURLToPath(new URL('../../..', import.meta.url))
const mode = (file: string) => statSync(file).mode & 0o777

function user(more: NodeJS.ProcessEnv = {}) {
  const home = emptyFolder()
  const cwd = join(home, 'project')
  mkdirSync(cwd)
  const env: NodeJS.ProcessEnv = { PATH: '/usr/bin', XDG_CONFIG_HOME: home, XDG_STATE_HOME: home, ...more }
  const run = async (...argv: string[]) => {
    let out = ''
    let err = ''
    const code = await runCli(argv, {
      ...{ cwd, env },
      out: (text) => (out += text),
      err: (text) => (err += text),
      presets: async () => presets,
      upstreamOf: async () => upstreamOf,
      modules: async () => ({ agproxy: await import('agproxy') }),
    })
    return { code, out, err }
  }
  return { home, cwd, env, run, read: (name: string) => readFileSync(join(cwd, name), 'utf8') }
}

async function upstream(handler: Parameters<typeof startUpstream>[0] = anthropicUpstream()) {
  const up = await startUpstream(handler)
  onTestFinished(() => up.close())
  return up
}

describe('agproxy init by flags', () => {
  it('tries the key with one request and keeps it in an env file for this user alone', async () => {
    const up = await upstream()
    const { cwd, run, read, env } = user({ ZAI_API_KEY: 'k-0123456789', ZAI_BASE_URL: up.url })
    const { code, out, err } = await run('init', '--yes', '--key-in', 'env-file', '--format', 'json')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^Wrote agproxy\.config\.json\.\nWrote \.env\.\nNext: .*check, then .*start; /)
    expect(up.requests).toHaveLength(1)
    expect(read('.env')).toBe('ZAI_API_KEY=k-0123456789\n')
    expect(mode(join(cwd, '.env'))).toBe(0o600)
    expect(read('agproxy.config.json')).not.toContain('k-0123456789')

    delete env.ZAI_API_KEY
    expect((await run('check', '--probe')).out).toMatch(/ok {6}zai-1 \(zai\): \d+ ms/)
    expect(await run('init', '--yes')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is there already'),
    })
  })

  it('a key that is refused writes nothing, unless no request is wanted', async () => {
    const up = await upstream(() => failure(401, 'authentication_error', 'no such key'))
    const { cwd, run } = user({ ZAI_API_KEY: 'k-0123456789', ZAI_BASE_URL: up.url })
    const refused = await run('init', '--yes', '--upstream', 'zai')
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.err).toMatch(/401.*no such key[\s\S]*nothing was written/)
    expect(refused.err).not.toContain('k-0123456789')
    expect(existsSync(join(cwd, 'agproxy.config.ts'))).toBe(false)
    expect((await run('init', '--yes', '--upstream', 'zai', '--offline')).code).toBe(0)
  })

  it('another endpoint is an upstream of its own, its key in a config for this user alone', async () => {
    const up = await upstream()
    const { cwd, run } = user({ UPSTREAM_API_KEY: 'k-0123456789' })
    const flags = ['--yes', '--upstream', 'other', '--base-url', up.url, '--key-in', 'config']
    expect(await run('init', ...flags)).toMatchObject({ code: 0, err: '' })
    expect(mode(join(cwd, 'agproxy.config.ts'))).toBe(0o600)
    expect((await run('check', '--probe')).out).toMatch(/ok {6}127\.0\.0\.1 \(other\): \d+ ms/)
    expect(up.requests.every((request) => request.header('x-api-key') === 'k-0123456789')).toBe(true)
  })

  it.each(
    OFFERS.filter(({ kind }) => kind === 'ready-made').map(({ name, variable, isLocal }) => [
      name,
      variable,
      isLocal,
    ]),
  )(
    'the ready-made %s is declared by its type, with its key from %s, or with none on this machine',
    async (name, variable, isLocal) => {
      const up = await upstream()
      const key = 'k-0123456789'
      const ways = [
        ['json', key, 'environment'],
        ['ts', key, 'config'],
        ...(isLocal ? [['json', '', 'config']] : []),
      ]
      for (const [format, key, place] of ways) {
        const { run } = user({ [variable as string]: key })
        const flags = [
          '--upstream',
          name as string,
          '--base-url',
          up.url,
          '--model',
          'own-model',
          '--format',
          format!,
          '--key-in',
          place!,
        ]
        expect(await run('init', '--yes', ...flags)).toMatchObject({ code: 0, err: '' })
        const { out } = await run('check', '--probe')
        expect(out).toMatch(new RegExp(`ok {6}${name}-1 \\(${name}\\): \\d+ ms`))
        const last = up.requests.at(-1)!
        const sent = last.header('x-api-key') ?? last.header('authorization')?.replace('Bearer ', '') ?? ''
        expect([sent, last.json<{ model: string }>().model]).toEqual([key, 'own-model'])
      }
    },
  )

  it('a local server that does not run is told before anything is written', async () => {
    const { run } = user()
    const { code, err } = await run(
      'init',
      '--yes',
      '--upstream',
      'ollama',
      '--base-url',
      'http://127.0.0.1:1',
    )
    expect(code).toBe(1)
    expect(err).toMatch(/ECONNREFUSED[\s\S]*nothing was written; --offline/)
  })

  it('models are named one for all, or by family', async () => {
    const { run, read } = user()
    const flags = ['--upstream', 'moonshot', '--model', 'opus=kimi-k3,haiku=kimi-k2.6', '--offline']
    expect((await run('init', '--yes', ...flags)).code).toBe(0)
    expect(read('agproxy.config.ts')).toMatch(
      /'claude-opus-\*': 'kimi-k3',\n\s+'claude-haiku-\*': 'kimi-k2.6'/,
    )
  })

  it('the user’s own is found from every folder; its last words say how', async () => {
    const { home, run } = user()
    const { out } = await run('init', '--yes', '--global')
    const file = join(home, 'agproxy', 'agproxy.config.ts')
    expect(out).toBe(`Wrote ${file}.\nNext: ZAI_API_KEY=… node ${shellWord(process.argv[1]!)} claude\n`)
    expect((await run('check')).out).toContain(`config  ${file}\n`)
  })

  it.each([
    [['--upstream', 'zia'], "did you mean 'zai'"],
    [['--upstream', 'other'], '--base-url https://'],
    [['--upstream', 'ollama', '--base-url', 'gpu-box'], "not 'gpu-box'"],
    [['--model', 'opsu=glm'], "did you mean 'opus'"],
    [['--key-in', 'vault'], '--key-in takes env-file, config, environment'],
  ])('%j is a command line that cannot be meant', async (flags, words) => {
    const { code, err } = await user().run('init', '--yes', ...flags)
    expect(code).toBe(2)
    expect(err).toContain(words)
  })
})

describe('the status line', () => {
  const settings = (home: string) => join(home, '.claude', 'settings.json')
  const written = (home: string) => JSON.parse(readFileSync(settings(home), 'utf8'))

  it('is printed without a yes, and no file of Claude Code’s is touched', async () => {
    const { home, run, env } = user()
    env.HOME = home
    const { code, out } = await run('init', '--statusline')
    expect(code).toBe(0)
    expect(out).toContain(`put this into ${settings(home)}:`)
    expect(out).toMatch(/"statusLine": \{"type":"command","command":".* statusline","padding":0\}/)
    expect(existsSync(settings(home))).toBe(false)
  })

  it('goes with a yes into the settings, beside all that they have', async () => {
    const { home, run, env } = user()
    env.HOME = home
    mkdirSync(join(home, '.claude'))
    writeFileSync(join(home, 'dotfile.json'), '{\n\t"model": "opus"\n}\n', { mode: 0o640 })
    symlinkSync(join(home, 'dotfile.json'), settings(home))
    expect(await run('init', '--statusline', '--yes')).toMatchObject({ code: 0, err: '' })
    const line = { type: 'command', command: expect.stringMatching(/ statusline$/), padding: 0 }
    expect(written(home)).toEqual({ model: 'opus', statusLine: line })
    expect(readFileSync(settings(home), 'utf8')).toContain('\n\t"model"')
    expect(mode(join(home, 'dotfile.json'))).toBe(0o640)
    expect(await run('init', '--statusline', '--yes')).toMatchObject({
      code: 1,
      err: expect.stringContaining('has a statusLine already'),
    })
  })

  it('leaves settings alone that are no JSON', async () => {
    const { home, run, env } = user()
    env.CLAUDE_CONFIG_DIR = home
    writeFileSync(join(home, 'settings.json'), '{ broken')
    expect((await run('init', '--statusline', '--yes')).err).toContain('is no JSON object')
    expect(readFileSync(join(home, 'settings.json'), 'utf8')).toBe('{ broken')
  })
})

it('what it writes is free of red in an editor, with and without the package beside it', async () => {
  const files: string[] = []
  for (const isInstalled of [true, false]) {
    for (const flags of [
      [],
      ['--upstream', 'other', '--base-url', 'https://x.example', '--offline'],
      ['--upstream', 'lm-studio', '--model', 'm', '--offline'],
    ]) {
      const { cwd, run } = user({ ZAI_API_KEY: 'k' })
      if (isInstalled) {
        mkdirSync(join(cwd, 'node_modules'))
        symlinkSync(root, join(cwd, 'node_modules', 'agproxy'))
      }
      expect((await run('init', '--yes', ...flags)).code).toBe(0)
      files.push(join(cwd, 'agproxy.config.ts'))
      expect((await run('check')).code).toBe(0)
    }
  }
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--ignoreConfig',
    '--types',
    '',
  ]
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), [...options, ...files], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
}, 60_000)

interface Place {
  readonly home: string
  readonly cwd: string
}

const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

/** `agproxy init` on a terminal of its own, at an upstream that answers. */
async function onTerminal(given: { here?: string; own?: string } = {}) {
  const up = await upstream()
  const { home, cwd } = user()
  if (given.here !== undefined) writeFileSync(join(cwd, given.here), '{}')
  if (given.own !== undefined) {
    mkdirSync(join(home, 'agproxy'))
    writeFileSync(join(home, 'agproxy', given.own), '{}')
  }
  const { PATH } = process.env
  const env = { PATH, TERM: 'xterm', HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home }
  const command = `stty cols 100 rows 40; "${process.execPath}" "${join(cli.folder, 'bin.js')}" init`
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    cwd,
    env: { ...env, ZAI_BASE_URL: up.url },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let seen = ''
  child.stdout.on('data', (chunk) => {
    seen += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const answer = async (question: string, keys: string) => {
    await expect.poll(() => seen, { timeout: 10_000 }).toContain(question)
    child.stdin.write(keys)
  }
  return { up, home, cwd, ended, answer, seen: () => seen }
}

describe.runIf(hasScript)('on a terminal', () => {
  it('asks: upstream, models, key (hidden, tried), where it is kept, for whom, as what', async () => {
    const { up, home, ended, answer, seen } = await onTerminal()
    await answer('Which upstream answers?', '\r')
    await answer('Name the models yourself?', 'y')
    await answer('In place of opus', 'glm-own\r')
    await answer('In place of sonnet', '\r')
    await answer('In place of haiku', '\r')
    await answer('Its key', 'k-0123456789\r')
    await answer('It answers', '')
    await answer('Where is it kept?', '\r')
    await answer('For which folders?', '\r')
    await answer('As what?', '\r')
    await answer('in every session of Claude Code?', 'y')
    expect(await ended).toBe(0)
    expect(seen()).toMatch(/Next: .* claude/)
    expect(readFileSync(join(home, '.claude', 'settings.json'), 'utf8')).toMatch(
      /"statusLine"[\s\S]* statusline"/,
    )
    expect(seen()).not.toContain('k-0123456789')
    const folder = join(home, 'agproxy')
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe('ZAI_API_KEY=k-0123456789\n')
    expect(readFileSync(join(folder, 'agproxy.config.ts'), 'utf8')).toContain("'claude-opus-*': 'glm-own'")
    expect(up.requests).toHaveLength(1)
  })

  it.each([
    ['all folders', { here: 'agproxy.config.json' }, ({ home }: Place) => join(home, 'agproxy')],
    ['this one', { own: 'agproxy.config.json' }, ({ cwd }: Place) => cwd],
  ])('writes for %s, and does not ask, where the other place has a config', async (place, given, folder) => {
    const terminal = await onTerminal(given)
    const { ended, answer, seen } = terminal
    await answer('Which upstream answers?', '\r')
    await answer('Name the models yourself?', '\r')
    await answer('Its key', '\r')
    await answer('As what?', '\r')
    await answer('in every session of Claude Code?', '\r')
    expect(await ended).toBe(0)
    expect(seen()).not.toContain('For which folders?')
    expect(seen()).toContain(place === 'all folders' ? 'For all folders' : 'For this folder alone')
    expect(existsSync(join(folder(terminal), 'agproxy.config.ts'))).toBe(true)
  })

  it('asks nothing where both have one', async () => {
    const both = { here: 'agproxy.config.json', own: 'agproxy.config.json' }
    const { ended, seen } = await onTerminal(both)
    expect(await ended).toBe(1)
    expect(seen()).toContain('agproxy.config.json is there already; nothing was written')
    expect(seen()).not.toContain('Which upstream')
  })
})

it('a .env that is there already keeps what it has', async () => {
  const up = await upstream()
  const { cwd, run, read } = user({ ZAI_API_KEY: 'k-0123456789', ZAI_BASE_URL: up.url })
  writeFileSync(join(cwd, '.env'), 'OTHER=1', { mode: 0o644 })
  await run('init', '--yes', '--key-in', 'env-file')
  expect(read('.env')).toBe('OTHER=1\nZAI_API_KEY=k-0123456789\n')
  expect(mode(join(cwd, '.env'))).toBe(0o600)
})
