import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { startUpstream, type Upstream } from '../../test/support/bad-upstream.js'
import { builtCli } from '../../test/support/cli.js'
import { ask, send } from '../../test/support/client.js'
import { startTestGateway, type TestGateway } from '../../testing.js'

const cli = builtCli()
const KEY = 'admin-key-1234'
const SESSION = 'session-of-the-agent'
let up: Upstream
let gateway: TestGateway
let client: Client
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agproxy-mcp-'))
  const answer = anthropicUpstream({ text: 'canary-answer' })
  up = await startUpstream((request, n) =>
    n === 1 ? failure(400, 'invalid_request_error', 'canary-words') : answer(request, n),
  )
  gateway = await startTestGateway(
    {
      preset: 'claude-code',
      accounts: [{ id: 'team-a', upstream: 'zai', apiKey: 'sk-upstream-1' }],
      server: { adminKey: KEY },
      plugins: {
        zai: { baseURL: up.url },
        trace: {},
        ledger: { file: join(folder, 'ledger.db') },
        budgets: { limits: [{ per: 'session', usd: 5 }] },
      },
    },
    { env: { AGPROXY_LEDGER: 'true' } },
  )
  for (let i = 0; i < 3; i++)
    await send(gateway.url, {
      body: ask({ model: 'claude-opus-5-5' }),
      headers: { 'x-claude-code-session-id': SESSION },
    })
  client = new Client({ name: 'test', version: '1' })
  const { PATH = '' } = process.env
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(cli.folder, 'bin.js'), 'mcp', '--port', new URL(gateway.url).port],
      env: { PATH, XDG_STATE_HOME: folder, AGPROXY_ADMIN_KEY: KEY, CLAUDE_CODE_SESSION_ID: SESSION },
    }),
  )
}, 60_000)
afterAll(async () => {
  await client?.close()
  await gateway?.close()
  await up?.close()
  rmSync(folder, { recursive: true, force: true })
})

const call = async (name: string, args: Record<string, unknown> = {}) => {
  const { content, isError } = await client.callTool({ name, arguments: args })
  return { text: (content as { text: string }[]).map(({ text }) => text).join(''), isError }
}

it('has six tools, all of which only read', async () => {
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual([
    'cost_so_far',
    'why_cache_missed',
    'budget_left',
    'last_error',
    'account_state',
    'explain_request',
  ])
  expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true)
})

it.each([
  [
    'cost_so_far',
    /^This session: \$0\.\d{4} \(.*3 requests, 1 failed; \d+ tokens in.*\nAll sessions today: /,
  ],
  ['why_cache_missed', /^3 requests; .*0 misses\.$/],
  ['budget_left', /^Per session: \$\d\.\d\d of \$5\.00 left/],
  ['last_error', /req_\w+ .*400[\s\S]*attempt 1 team-a \(zai\): invalid_request_error/],
  ['account_state', /^team-a \(zai\): can serve, 0 in flight\n0 requests wait/],
  ['explain_request', /req_\w+ .*200, complete, claude-opus-5-5 \(as glm-5\.3\)[\s\S]*attempt 1 team-a/],
] as const)('%s answers for the session that asks', async (name, words) => {
  await expect.poll(async () => (await call(name)).text, { timeout: 10_000 }).toMatch(words)
  expect((await call(name)).text).not.toMatch(/canary|sk-upstream/)
})

it('another session or request is what it names; a text that is no id is refused', async () => {
  expect((await call('cost_so_far', { session: 'none' })).text).toMatch(/^Nothing of this session/)
  expect((await call('explain_request', { request: 'req_none' })).text).toBe('No request req_none is kept.')
  expect((await call('explain_request', { request: '../accounts' })).isError).toBe(true)
})
