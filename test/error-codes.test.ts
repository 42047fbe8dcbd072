import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { resolveConfig } from '../core/config/resolve.js'
import { CODES } from '../core/errors/codes.js'
import { ConfigError } from '../core/errors/config-error.js'
import { codeOf, ReportedError } from '../core/errors/gateway-errors.js'
import { ClientGoneError, definePlugin, GatewayError, PluginError, UpstreamError } from '../index.js'
import { anthropicUpstream } from './support/anthropic-upstream.js'
import { ask } from './support/client.js'
import { direct, stand } from './support/stand.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = ['core', 'plugins'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ts$/.test(file) && !/\.test(-d)?\.ts$/.test(file))
    .map((file) => ({ file: join(folder, file), text: readFileSync(join(root, folder, file), 'utf8') })),
)

/** The arguments of each `new GatewayError(…)` in a text. */
function gatewayErrors(text: string): string[] {
  return [...text.matchAll(/new GatewayError\(/g)].map(({ index }) => {
    let depth = 0
    for (let i = index; i < text.length; i++) {
      if (text[i] === '(') depth++
      if (text[i] === ')' && --depth === 0) return text.slice(index, i)
    }
    return text.slice(index)
  })
}

describe('error codes', () => {
  it('are all documented, once, and nothing else is', () => {
    const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')
    const documented = [...page.matchAll(/^\| `(AGP_\w+)` \|/gm)].map(([, code]) => code!)
    expect(documented).toEqual([...CODES])
  })

  it('have each a word of what to do', () => {
    const rows = readFileSync(join(root, 'docs/errors.md'), 'utf8').match(/^\| `AGP_\w+` \|.*$/gm) ?? []
    const isStatus = (cell: string) =>
      /^(\d{3}(, \d{3})*|–|any|the error's|500, or 401 without a key)$/.test(cell)
    const bare = rows.filter((row) => {
      const [, ...cells] = row.split(' | ').map((cell) => cell.replace(/ \|$/, '').trim())
      const [what, todo] = cells.filter((cell) => !isStatus(cell))
      return !what || !todo
    })
    expect(bare).toEqual([])
  })

  it('that the code names are all among them', () => {
    const named = sources.flatMap(({ text }) =>
      [...text.matchAll(/'(AGP_[A-Z_]+)'/g)].map(([, code]) => code!),
    )
    const known: readonly string[] = CODES
    expect([...new Set(named)].filter((code) => !known.includes(code))).toEqual([])
  })

  it('are all given by some error', () => {
    const others = sources.filter(({ file }) => file !== 'core/errors/codes.ts')
    const unused = CODES.filter((code) => !others.some(({ text }) => text.includes(`'${code}'`)))
    expect(unused).toEqual([])
  })

  it('are on every error that agproxy’s own code answers with', () => {
    const bare = sources.flatMap(({ file, text }) =>
      gatewayErrors(text)
        .filter((call) => !/\bcode: /.test(call))
        .map(() => file),
    )
    expect(bare).toEqual([])
    expect(sources.flatMap(({ text }) => gatewayErrors(text)).length).toBeGreaterThan(25)
  })

  it('are on the errors of each kind', () => {
    expect(new UpstreamError('timeout', 'late').code).toBe('AGP_UPSTREAM_TIMEOUT')
    expect(new UpstreamError('error-event', 'said').code).toBe('AGP_UPSTREAM_ERROR_EVENT')
    expect(new PluginError('p', 'onRequest', new Error('x')).code).toBe('AGP_PLUGIN_FAILED')
    expect(new ClientGoneError().code).toBe('AGP_CLIENT_GONE')
    expect(new GatewayError('api_error', 'no').code).toBe('AGP_REFUSED')
    expect(new GatewayError('api_error', 'no', { code: 'TEAM_CLOSED' }).code).toBe('TEAM_CLOSED')
    expect(codeOf(new ReportedError(new UpstreamError('reset', 'x')))).toBe('AGP_UPSTREAM_RESET')
    expect(codeOf(new TypeError('x'))).toBe('AGP_INTERNAL')
  })

  it('are on each problem of a config', () => {
    const services = { acounts: () => undefined, http: 1 }
    const plugins = [definePlugin({ name: 'a', phase: 'request', requires: 'b', create: () => ({}) })]
    try {
      resolveConfig(
        { preset: { name: 'test', plugins }, services, server: { port: 'x', prot: 1 } },
        { env: {}, presets: {} },
      )
      expect.unreachable()
    } catch (error) {
      if (!ConfigError.is(error)) throw error
      expect([error.code, error.in('x.json').problems]).toEqual(['AGP_CONFIG', error.problems])
      const codes = Object.fromEntries(error.problems.map(({ path = '', code }) => [path, code]))
      expect(codes).toMatchObject({
        '': 'AGP_CONFIG_ORDER',
        'services.acounts': 'AGP_CONFIG_UNKNOWN_NAME',
        'services.http': 'AGP_CONFIG_VALUE',
        'server.port': 'AGP_CONFIG_VALUE',
        'server.prot': 'AGP_CONFIG_UNKNOWN_NAME',
      })
    }
  })
})

describe('a request that fails', () => {
  it('has the code in its log line and in its record, and the client gets none', async () => {
    const seen: unknown[] = []
    const audit = definePlugin({
      name: 'audit',
      phase: 'request',
      routes: 'all',
      create: () => ({ onFinish: ({ facts }) => void seen.push(facts.errorCode) }),
    })
    const { send, gateway } = await stand(anthropicUpstream(), {
      config: (url) => ({ ...direct(url), use: [audit] }),
    })
    const answers = [await send({ path: '/nothing' }), await send({ body: '{' }), await send({ body: ask() })]
    await expect.poll(() => seen).toEqual(['AGP_NO_ROUTE', 'AGP_BODY_INVALID', undefined])
    expect(gateway.requests().map(({ code }) => code)).toEqual(seen)
    for (const answer of answers) expect(answer.text() + JSON.stringify(answer.headers)).not.toContain('AGP_')
  })

  it('at an upstream has the code of what went wrong there, although retry-rotate words it', async () => {
    const { send, up, gateway } = await stand(anthropicUpstream())
    await up.close()
    expect((await send({ body: ask() })).status).toBe(502)
    expect(gateway.requests()).toMatchObject([{ code: 'AGP_UPSTREAM_CONNECT' }])
  })
})
