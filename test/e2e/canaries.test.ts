import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { definePlugin, type StateStore } from '../../core/index.js'
import { openReader } from '../../plugins/ledger/database.js'
import { anthropicUpstream, failure } from '../support/anthropic-upstream.js'
import { startUpstream } from '../support/bad-upstream.js'
import { ask } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { json, reset, sse } from '../support/script.js'
import { stand, zaiPair } from '../support/stand.js'

/*
 * Everything that sees requests is on, and one of each kind of request goes through. Then all that was kept is searched: for keys
 * and the user's id everywhere, for words everywhere but in cassettes, which are there to hold them.
 */
const ADMIN = 'canary-admin-key-1234'
const KEYS = ['canary-client-key', 'canary-account-key-1', 'canary-account-key-2', ADMIN]
const USER = ['canary-device-0001', 'canary-account-uuid-0001']
const HEADERS = ['canary-cookie', 'canary-header', 'canary-query']
const WORDS = [
  'canary-system',
  'canary-prompt',
  'canary-tool-description',
  'canary-tool-input',
  'canary-tool-result',
  'canary-answer',
  'canary-answered-input',
  'canary-thought',
  'canary-stop',
  'canary-quoted',
]

const body = (stream: boolean) =>
  ask({
    stream,
    model: 'claude-opus-4-5',
    system: 'canary-system',
    stop_sequences: ['canary-stop'],
    metadata: {
      user_id: JSON.stringify({ device_id: USER[0], account_uuid: USER[1], session_id: 'session-1' }),
    },
    tools: [{ name: 'Read', description: 'canary-tool-description', input_schema: { type: 'object' } }],
    messages: [
      {
        role: 'user',
        content: [{ type: 'text', text: 'canary-prompt', cache_control: { type: 'ephemeral' } }],
      },
      { role: 'user', content: 'canary-prompt again' },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: 'canary-tool-input' } }],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'canary-tool-result' }],
      },
    ],
  })

const headers = {
  'x-api-key': 'canary-client-key',
  cookie: 'session=canary-cookie',
  'x-own': 'canary-header',
  'x-agproxy-label': 'team=blue',
  'x-claude-code-prompt-id': 'prompt-1',
}

it.each([
  [false, 'and no words but in cassettes'],
  [true, 'with bodies: true, and words in records and cassettes alone'],
])(
  'no key and no user in anything that is kept of requests, bodies: %s, %s',
  async (bodies) => {
    const dir = mkdtempSync(join(tmpdir(), 'agproxy-canaries-'))
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
    const spans: string[] = []
    const collector = await startUpstream((request) => {
      spans.push(request.body.toString('utf8'))
      return json({})
    })
    onTestFinished(() => collector.close())
    let store: StateStore | undefined
    const spy = definePlugin({
      name: 'spy',
      phase: 'request',
      create: ({ state }) => {
        store = state
        return {}
      },
    })
    const answer = {
      text: 'canary-answer',
      thinking: { text: 'canary-thought', signature: 'c2ln' },
      toolUse: { name: 'Read', input: { path: 'canary-answered-input' } },
      usage: {
        input_tokens: 2_000,
        output_tokens: 50,
        cache_read_input_tokens: 10,
        cache_creation_input_tokens: 5,
      },
    }
    const upstream = anthropicUpstream((request, n) => {
      const key = request.header('x-api-key') ?? request.header('authorization')
      if (n === 0) return failure(529, 'overloaded_error', `canary-quoted, asked with ${key}`)
      if (n === 3) return failure(400, 'invalid_request_error', 'canary-quoted is not allowed')
      if (n === 4) return sse(messageEvents(answer).slice(0, 6), { ending: reset() })
      const { stream } = request.json() as { stream?: boolean }
      return stream ? sse(messageEvents(answer)) : anthropicUpstream(answer)(request, n)
    })
    const file = join(dir, 'ledger.db')
    const cassettes = join(dir, 'cassettes')
    const { send, gateway } = await stand(upstream, {
      allowErrors: true,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      config: (url) =>
        ({
          ...zaiPair(url),
          accounts: zaiPair(url).accounts!.map((account, n) => ({ ...account, apiKey: KEYS[n + 1] })),
          server: { adminKey: ADMIN },
          log: { level: 'debug' },
          trace: { bodies },
          ledger: { enabled: true, file },
          metrics: true,
          budgets: {
            limits: [
              { per: 'key', tokens: 1e6 },
              { per: 'session', usd: 100 },
            ],
            loop: 1,
          },
          record: cassettes,
          use: [spy()],
        }) as never,
    })
    const operator = { authorization: `Bearer ${ADMIN}` }
    const get = async (path: string) => (await send({ method: 'GET', path, headers: operator })).text()
    for (const stream of [true, false, true, true, true])
      await send({ path: '/v1/messages?beta=true&key=canary-query', headers, body: body(stream) }).catch(
        () => {},
      )
    await send({ path: '/v1/messages/count_tokens', headers, body: body(false) })
    await send({ path: '/v1/messages', headers, body: '{"model":"canary-prompt","messages":' })
    await expect.poll(() => readdirSync(cassettes).length, { timeout: 10_000 }).toBe(5)

    const { requests } = JSON.parse(await get('/_agproxy/api/requests')) as { requests: { id: string }[] }
    expect(requests.length).toBeGreaterThanOrEqual(6)
    const paths = ['requests', 'sessions', 'cache', 'chain', 'accounts', 'upstreams', 'usage', 'budgets']
    const records = await Promise.all([
      ...requests.map(({ id }) => get(`/_agproxy/api/requests/${id}`)),
      ...paths.map((path) => get(`/_agproxy/api/${path}`)),
      ...['session', 'label', 'agent'].map((by) => get(`/_agproxy/api/usage?by=${by}&per=day`)),
    ])
    const metrics = await get('/metrics')
    const state = ['budget', 'budget-last', 'pin', 'cooldown', 'learned', 'plan-window'].map((kind) => [
      ...store!.entries(kind),
    ])
    await gateway.close()
    const db = await openReader({ file })
    const rows = await Promise.all(
      (['agproxy_requests', 'agproxy_labels', 'agproxy_hours'] as const).map((table) =>
        db.selectFrom(table).selectAll().execute(),
      ),
    )
    await db.destroy()
    const tapes = readdirSync(cassettes).map((name) => readFileSync(join(cassettes, name), 'utf8'))
    const kept: Record<string, string> = {
      records: records.join('\n'),
      metrics,
      rows: JSON.stringify(rows),
      spans: spans.join('\n'),
      state: JSON.stringify(state),
      log: JSON.stringify(gateway.logs),
      cassettes: tapes.join('\n'),
    }
    // Each of them saw the requests.
    for (const [name, sign] of Object.entries({
      records: 'claude-opus-4-5',
      metrics: 'agproxy_tokens_total{',
      rows: 'session-1',
      spans: 'gen_ai.request.model',
      state: 'session|',
      log: 'claude-opus-4-5',
      cassettes: 'canary-prompt',
    }))
      expect(kept[name], name).toContain(sign)
    for (const [name, text] of Object.entries(kept)) {
      for (const secret of [...KEYS, ...USER, ...HEADERS])
        expect(text.includes(secret), `${secret} in ${name}`).toBe(false)
      if (name === 'cassettes' || (bodies && name === 'records')) continue
      for (const word of WORDS) expect(text.includes(word), `${word} in ${name}`).toBe(false)
    }
  },
  60_000,
)
