import { presets } from 'agproxy/presets'
import { describe, expect, it, onTestFinished } from 'vitest'
import { answer, failure } from '../../test/support/anthropic-upstream.js'
import { closedPort, type Handler, startUpstream } from '../../test/support/bad-upstream.js'
import { emptyFolder } from '../../test/support/cli.js'
import { json } from '../../test/support/script.js'
import { REQUESTS } from './find-out.js'
import { runCli } from './main.js'

async function cli(argv: readonly string[], env: NodeJS.ProcessEnv) {
  let out = ''
  let err = ''
  const code = await runCli(argv, {
    cwd: emptyFolder(),
    env: { XDG_STATE_HOME: emptyFolder(), ...env },
    out: (text) => (out += text),
    err: (text) => (err += text),
    presets: async () => presets,
    modules: async () => ({}),
  })
  return { code, out, err }
}

interface Body {
  readonly messages: readonly { readonly role: string }[]
  readonly max_tokens?: number
}

/** Knows two roles, no context management and no counts, and is busy when it is asked for an image. */
const box: Handler = (request) => {
  const path = request.url.split('?')[0]
  if (path === '/v1/models') return json({ data: [{ type: 'model', id: 'box-1', display_name: 'Box' }] })
  if (path !== '/v1/messages') return json({ error: 'Unexpected endpoint' })
  const { messages } = request.json() as unknown as Body
  const text = request.body.toString('utf8')
  if (messages.some(({ role }) => role === 'system'))
    return failure(
      400,
      'invalid_request_error',
      `roles are user and assistant, ${request.header('x-api-key')}`,
    )
  if (text.includes('context_management'))
    return failure(422, 'invalid_request_error', 'context_management: Extra inputs are not permitted')
  if (text.includes('budget_tokens'))
    return failure(400, 'invalid_request_error', '`max_tokens` must be greater than `thinking.budget_tokens`')
  if (text.includes('image/png')) return failure(529, 'overloaded_error', 'busy')
  return answer({ text: 'ok' }, request)
}

async function upstream(handler = box) {
  const up = await startUpstream(handler)
  onTestFinished(() => up.close())
  return up
}

const accepts = { systemMessages: false, contextManagement: false, countTokens: false }

describe('agproxy probe', () => {
  it('of a URL finds the model, says the cost first, and writes the entry', async () => {
    const up = await upstream()
    const { code, out } = await cli(['probe', up.url], { AGPROXY_PROBE_KEY: 'sk-probe-123456' })
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^probed at ${up.url}, model box-1: ${REQUESTS} requests`))
    expect(out).toMatch(
      /^ {2}role system inside messages +refused +400 roles are user and assistant, \[key\]$/m,
    )
    expect(out).toMatch(/^ {2}adaptive thinking +taken$/m)
    expect(out).toMatch(/^ {2}thinking with a budget +taken$/m)
    expect(out).toMatch(/^ {2}an image +unclear +529 busy$/m)
    expect(out).toContain(
      `upstreams: [{ name: 'probed', baseURL: '${up.url}', accepts: ${JSON.stringify(accepts)} }]`,
    )
    expect(out).not.toContain('sk-probe')
    const asked = up.requests.filter(({ url }) => url === '/v1/messages')
    expect(up.requests).toHaveLength(REQUESTS + 1)
    for (const { body } of asked) expect(JSON.parse(body.toString('utf8')).max_tokens).toBeLessThanOrEqual(16)
    expect(new Set(asked.map((request) => request.header('x-api-key')))).toEqual(new Set(['sk-probe-123456']))
  })

  it('of an upstream of the config uses its account and its models', async () => {
    const up = await upstream()
    const env = { ZAI_API_KEY: 'sk-zai-123456', ZAI_BASE_URL: up.url }
    const { code, out } = await cli(['probe', 'zai', '--json'], env)
    expect(code).toBe(0)
    const card = JSON.parse(out)
    expect(card).toMatchObject({ upstream: 'zai', url: up.url, requests: REQUESTS, accepts })
    expect(card.findings).toHaveLength(REQUESTS)
    expect(JSON.parse(up.requests[0]!.body.toString('utf8')).model).toBe('glm-4.5-air')
  })

  it('stops where a plain request is refused', async () => {
    const up = await upstream(() => failure(401, 'authentication_error', 'no such key'))
    const refused = await cli(['probe', up.url, '--model', 'm'], {})
    expect([refused.code, refused.err]).toEqual([
      1,
      'agproxy: a plain request is not answered (401): no such key\n',
    ])
    expect(up.requests).toHaveLength(1 + 1)
    const gone = `http://127.0.0.1:${await closedPort()}`
    expect((await cli(['probe', gone, '--model', 'm'], {})).err).toContain('could not connect')
  })

  it('wants a name that has an account', async () => {
    expect((await cli(['probe'], {})).err).toContain('name an upstream or the URL')
    expect((await cli(['probe', 'zay'], { ZAI_API_KEY: 'sk-zai-123456' })).err).toContain(
      "no account of an upstream 'zay'; did you mean 'zai'?",
    )
  })
})
