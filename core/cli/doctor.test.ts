import { chmodSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import * as agproxy from 'agproxy'
import { presets } from 'agproxy/presets'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { startUpstream } from '../../test/support/bad-upstream.js'
import { emptyFolder, shellWord } from '../../test/support/cli.js'
import { json } from '../../test/support/script.js'
import type { Finding } from './doctor/finding.js'
import { node } from './doctor/machine.js'
import { runCli } from './main.js'
import { register } from './registry.js'

/** A machine with nothing but agproxy and a `claude` that reports its version. */
function machine() {
  const home = emptyFolder()
  const bin = join(home, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'claude'), '#!/bin/sh\necho 2.1.330 "(Claude Code)"\n', { mode: 0o755 })
  writeFileSync(join(bin, 'agproxy'), '', { mode: 0o755 })
  const cwd = join(home, 'project')
  mkdirSync(cwd)
  const env: NodeJS.ProcessEnv = { HOME: home, PATH: `${bin}:/bin:/usr/bin`, AGPROXY_PORT: '1' }
  const run = async (...args: string[]) => {
    let out = ''
    let err = ''
    const code = await runCli(['doctor', ...args], {
      ...{ cwd, env },
      out: (text) => (out += text),
      err: (text) => (err += text),
      presets: async () => presets,
      modules: async () => ({ agproxy }),
    })
    return { code, out, err }
  }
  const findings = async (...args: string[]) => {
    const { code, out } = await run('--json', ...args)
    const answer = JSON.parse(out) as { ok: boolean; findings: Finding[] }
    expect(answer.ok).toBe(code === 0)
    return { code, of: (about: string) => answer.findings.filter((each) => each.about.startsWith(about)) }
  }
  const put = (path: string, text: string) => {
    mkdirSync(join(home, path, '..'), { recursive: true })
    writeFileSync(join(home, path), text)
  }
  return { home, bin, cwd, env, run, findings, put }
}

async function upstream(handler: Parameters<typeof startUpstream>[0]) {
  const up = await startUpstream(handler)
  onTestFinished(() => up.close())
  return up.url
}

describe('agproxy doctor', () => {
  it('on a machine where all is well says so, and calls each account once', async () => {
    const there = machine()
    Object.assign(there.env, {
      ZAI_API_KEY: 'sk-secret-0123456789',
      ZAI_BASE_URL: await upstream(anthropicUpstream()),
    })
    const { code, out, err } = await there.run()
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^ok {5}node +\d+\.\d+\.\d+, agproxy from /)
    expect(out).toMatch(/^ok {5}account zai-1 +zai: \d+ ms$/m)
    expect(out).toMatch(/^ok {5}claude code +2\.1\.330 \(Claude Code\)$/m)
    expect(out).toMatch(/^ok {5}clock +as that of 127\.0\.0\.1:/m)
    expect(out).toMatch(
      /^warn {3}gateway +none runs; http:\/\/127\.0\.0\.1:1 is free\n +→ agproxy start -d$/m,
    )
    expect(out).toMatch(/\nnothing is broken, 1 warning\n$/)
    expect(out).not.toContain('sk-secret')
  })

  it.each([
    ['a wrong key', failure(401, 'authentication_error', 'invalid'), /^401 /, /^export ZAI_API_KEY=/],
    [
      'a wrong URL',
      json({ code: 500, msg: '404 NOT_FOUND', success: false }),
      /ZAI_BASE_URL|base URL/,
      /^unset ZAI_BASE_URL/,
    ],
    [
      'a model outside of the plan',
      failure(400, 'invalid_request_error', 'model glm-5.3 is not in your plan'),
      /not in your plan/,
      /plugins\.zai\.models/,
    ],
    ['no money', failure(402, 'billing_error', 'top up'), /^402 /, /^agproxy init/],
  ])('%s is an error with the command that mends it', async (_name, answer, words, mend) => {
    const there = machine()
    Object.assign(there.env, {
      ZAI_API_KEY: 'sk-secret-0123456789',
      ZAI_BASE_URL: await upstream(() => answer),
    })
    const { code, of } = await there.findings()
    const [account] = of('account ')
    expect([code, account!.level]).toEqual([1, 'error'])
    expect(account!.text.replace('zai: ', '')).toMatch(words)
    expect(account!.mend).toMatch(mend)
    expect(account!.text).not.toContain('sk-secret')
  })

  it('without an account nothing is called, and init is named', async () => {
    const { of } = await machine().findings()
    expect(of('accounts')).toEqual([
      { about: 'accounts', level: 'warn', text: expect.stringContaining('offline'), mend: 'agproxy init' },
    ])
    expect(of('clock')).toEqual([])
  })

  it('commands are named as they work there: without an installed agproxy by its file', async () => {
    const { bin, findings } = machine()
    unlinkSync(join(bin, 'agproxy'))
    const { of } = await findings()
    expect(of('accounts')[0]!.mend).toBe(`node ${shellWord(process.argv[1]!)} init`)
  })

  it('a broken config is one finding that opens it', async () => {
    const there = machine()
    there.put('project/agproxy.config.json', '{ "server": { "prot": 1 } }')
    const { code, of } = await there.findings('--config', 'agproxy.config.json')
    expect(code).toBe(1)
    expect(of('config')[0]).toMatchObject({
      level: 'error',
      text: expect.stringContaining("did you mean 'port'"),
      mend: expect.stringMatching(/^\$\{EDITOR:-vi\} \S+agproxy\.config\.json {3}#/),
    })
  })

  it('a port that something else has is an error with a free one', async () => {
    const there = machine()
    const server = createServer((_req, res) => res.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    there.env.AGPROXY_PORT = String((server.address() as AddressInfo).port)
    const [port] = (await there.findings()).of('port')
    expect(port).toMatchObject({
      level: 'error',
      mend: expect.stringMatching(/^agproxy start -d --port \d+$/),
    })
  })

  it('a gateway of this user there that takes another key is named', async () => {
    const there = machine()
    const server = createServer((_req, res) => res.writeHead(401).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    there.env.AGPROXY_PORT = String(port)
    const url = `http://127.0.0.1:${port}`
    const entry = {
      url,
      config: '/its.ts',
      startedAt: '',
      log: null,
      by: 'start',
      models: [],
      version: '0',
    } as const
    const { remove } = register(there.env, entry, () => {})
    onTestFinished(remove)
    const { code, of } = await there.findings()
    expect(code).toBe(1)
    expect(of('port')).toEqual([])
    expect(of('gateway')[0]).toMatchObject({
      level: 'error',
      text: `${url} is served by pid ${process.pid} (config /its.ts), and does not answer, or does not take the key 'ag…' of this one`,
      mend: `agproxy stop ${port} && agproxy start -d`,
    })
  })

  it('what keeps Claude Code from the gateway is named: settings as errors, the shell as a warning', async () => {
    const there = machine()
    there.put('.claude/settings.json', '{ "env": { "ANTHROPIC_BASE_URL": "https://elsewhere.example" } }')
    there.put(
      'project/.claude/settings.local.json',
      '{ "apiKeyHelper": "x", "env": { "CLAUDE_CODE_USE_BEDROCK": "1" } }',
    )
    there.put('project/.claude/settings.json', '{ broken')
    Object.assign(there.env, { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' })
    const { code, of } = await there.findings('--offline')
    expect(code).toBe(1)
    const texts = of('settings').map(({ text }) => text)
    expect(texts).toEqual([
      expect.stringContaining('.claude/settings.json: env.ANTHROPIC_BASE_URL is https://elsewhere.example'),
      expect.stringContaining('project/.claude/settings.json: is no JSON'),
      expect.stringContaining('settings.local.json: env.CLAUDE_CODE_USE_BEDROCK is set'),
      expect.stringContaining('settings.local.json: apiKeyHelper'),
    ])
    expect(of('settings').every(({ mend }) => mend?.includes('{EDITOR:-vi} '))).toBe(true)
    expect(of('shell')[0]).toMatchObject({ level: 'warn', mend: 'eval "$(agproxy env)"' })
    expect(of('shell')[0]!.text).toContain('ANTHROPIC_API_KEY is set')
  })

  it('settings that name the gateway by another spelling are right', async () => {
    const there = machine()
    there.put('.claude/settings.json', '{ "env": { "ANTHROPIC_BASE_URL": "http://localhost:1/" } }')
    expect((await there.findings('--offline')).of('settings')[0]).toMatchObject({ level: 'ok' })
  })

  it('a proxy that does not exempt the gateway, no client, and a folder that cannot be written', async () => {
    const there = machine()
    Object.assign(there.env, { HTTPS_PROXY: 'http://proxy.lan', PATH: emptyFolder() })
    there.env.XDG_STATE_HOME = join(there.home, 'file')
    there.put('file', '')
    const { code, of } = await there.findings('--offline')
    expect(code).toBe(1)
    expect(of('proxy')[0]).toMatchObject({
      level: 'warn',
      mend: expect.stringMatching(/^eval "\$\(.* env\)"$/),
    })
    expect(of('claude code')[0]).toMatchObject({
      level: 'warn',
      mend: 'npm install -g @anthropic-ai/claude-code',
    })
    expect(of('disk')[0]).toMatchObject({
      level: 'error',
      mend: expect.stringMatching(/^mkdir -p .*\/file\/agproxy/),
    })
    there.env.NO_PROXY = '127.0.0.1'
    expect((await there.findings('--offline')).of('proxy')[0]).toMatchObject({ level: 'ok' })
  })

  it('a clock that is wrong is a warning', async () => {
    const server = createServer((_req, res) => {
      res.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString())
      res.end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const there = machine()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    Object.assign(there.env, { ZAI_API_KEY: 'k', ZAI_BASE_URL: url })
    expect((await there.findings()).of('clock')[0]).toMatchObject({
      level: 'warn',
      text: expect.stringMatching(/^360\d s ahead of that of /),
    })
  })

  it('an old Node is an error', () => {
    expect(node('20.18.3').level).toBe('error')
    expect(node('20.19.0').level).toBe('ok')
    expect(node('24.1.0').level).toBe('ok')
  })
})

it('every finding that is not ok has one command line', async () => {
  const there = machine()
  chmodSync(there.cwd, 0o755)
  there.put('project/agproxy.config.json', '{ "accounts": [{ "upstream": "zai", "apiKey": "" }] }')
  const { out } = await there.run('--json', '--config', 'agproxy.config.json')
  for (const { level, mend } of (JSON.parse(out) as { findings: Finding[] }).findings)
    if (level !== 'ok') expect(mend).toMatch(/^[^\n]+$/)
})
