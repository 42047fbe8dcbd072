import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { builtCli, emptyFolder } from '../../test/support/cli.js'
import { ask } from '../../test/support/client.js'
import { stand, zaiPair } from '../../test/support/stand.js'
import { DEFAULT_FORMAT, formatted, type Told, valuesOf } from './session/line.js'

const cli = builtCli()
const KEY = 'admin-key-1234'

/** Runs it as Claude Code does, and measures it. */
async function line(port: string | number, status: object | string, flags: readonly string[] = [], env = {}) {
  const at = performance.now()
  const { child, finished } = cli.start(['statusline', ...flags], {
    cwd: emptyFolder(),
    env: { AGPROXY_PORT: String(port), AGPROXY_ADMIN_KEY: KEY, ...env },
  })
  child.stdin!.on('error', () => {})
  child.stdin!.end(typeof status === 'string' ? status : JSON.stringify(status))
  const seen = await finished
  return { ...seen, ms: performance.now() - at }
}

describe('agproxy statusline', () => {
  it('says which model and account answered, and what cools down', { timeout: 120_000 }, async () => {
    const handler = anthropicUpstream((request, n) =>
      n === 0
        ? failure(429, 'rate_limit_error', 'slow down', { 'retry-after': '90' })
        : anthropicUpstream()(request, n),
    )
    const { send, url } = await stand(handler, {
      config: (up) => ({
        ...zaiPair(up),
        server: { adminKey: KEY },
        plugins: { zai: { baseURL: up }, trace: {} },
      }),
    })
    await send({ body: ask({ model: 'claude-opus-5-5' }), headers: { 'x-claude-code-session-id': 's-1' } })
    const status = { session_id: 's-1', model: { id: 'claude-opus-5-5', display_name: 'Opus' } }
    // A busy machine may give it no time for all of it: then the line is empty, which is not what this is about.
    await expect
      .poll(async () => (await line(new URL(url).port, status)).out, { timeout: 90_000 })
      .toMatch(/^glm-5\.3 · second · first cooldown \d+(s|min)\n$/)
  })

  it.each([
    ['no gateway runs', 1, { session_id: 's' }],
    ['its input is no JSON', 1, 'not json'],
    ['its input is empty', 1, ''],
  ])('is quiet where %s', async (_what, port, status) => {
    const { code, out, err } = await line(port, status)
    expect({ code, out, err }).toEqual({ code: 0, out: '\n', err: '' })
  })

  it('waits for nobody: not for a gateway that does not answer, not for its input', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const { finished } = cli.start(['statusline'], {
      cwd: emptyFolder(),
      env: { AGPROXY_PORT: String(port), AGPROXY_ADMIN_KEY: KEY },
    })
    expect(await finished).toEqual({ code: 0, out: '\n', err: '' })
  })

  it('refuses a name that it does not know, and names those that it does', async () => {
    const { code, err } = await line(1, {}, ['--format', '{modle}'])
    expect(code).toBe(2)
    expect(err).toMatch(/no '\{modle\}'; there are \{model\}, \{cost\}/)
  })
})

const sums = {
  requests: 2,
  failed: 0,
  inputTokens: 10,
  outputTokens: 5,
  cacheReadTokens: 80,
  cacheCreationTokens: 10,
}
const money = { cost: 0.42, priced: 2, listCost: 1, plan: 0 }
const account = { id: 'a', upstream: 'zai', usable: true, inFlight: 0, plan: true, cooldowns: [] }
const window = { name: '5h', used: 0.71, resets: new Date(3_600_000).toISOString() }
const told = {
  status: { session_id: 's', model: { id: 'claude-opus-5', display_name: 'Opus' } },
  models: ['opus → glm-5.3'],
  last: undefined,
  usage: { rows: [{ name: 's', ...sums, ...money }], total: { ...sums, ...money } },
  today: { rows: [], total: { ...sums, ...money, cost: 4.123 } },
  accounts: { accounts: [{ ...account, windows: [window] }], waiting: 0 },
  budgets: {
    budgets: [
      { per: 'day', label: null, unit: 'usd', amount: 5, used: 3.2, share: 0.64, of: null, ends: null },
    ],
  },
} as unknown as Told

describe('the line', () => {
  it('has all that is known', () => {
    expect(formatted(DEFAULT_FORMAT, valuesOf(told, 0))).toBe(
      'glm-5.3 · $0.42 · today $4.12 · cache 80% · a · plan 5h 71% for 60min · budget 64% of $5',
    )
  })

  it('leaves out what is not, and says nothing where nothing is known', () => {
    const less = { ...told, usage: undefined, accounts: undefined, budgets: undefined, models: [] }
    expect(formatted(DEFAULT_FORMAT, valuesOf(less, 0))).toBe('Opus · today $4.12')
    expect(formatted('{cost} of {budget} | {plan}', valuesOf(less, 0))).toBe('')
  })

  it('hands no control character on to the terminal', () => {
    expect(formatted('{model}', { model: '\u001b[31mred\u202e\n' })).toBe('[31mred')
  })
})
