import { createVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { HttpClient } from '../../core/index.js'
import { answer } from '../../test/support/anthropic-upstream.js'
import type { Handler, SeenRequest } from '../../test/support/bad-upstream.js'
import { ask } from '../../test/support/client.js'
import { json } from '../../test/support/script.js'
import { stand } from '../../test/support/stand.js'
import { mount } from '../../testing.js'
import { vertex } from './index.js'

const EMAIL = 'gateway@my-project.iam.gserviceaccount.com'
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const GOOGLE = 'https://oauth2.googleapis.com'
const HOME = '/v1/projects/my-project/locations/europe-west1'

/** A service account's key in a file of its own. */
function keyFile(fields: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'agproxy-vertex-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'key.json')
  const private_key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' })
  const key = {
    type: 'service_account',
    project_id: 'my-project',
    private_key_id: 'k1',
    private_key,
    client_email: EMAIL,
  }
  writeFileSync(file, JSON.stringify({ ...key, ...fields }))
  return file
}

/** What is wrong with the grant that a service account asks a token with; undefined for a right one. */
function faultOfGrant(request: SeenRequest): string | undefined {
  const form = new URLSearchParams(request.body.toString())
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'another grant'
  const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`)
  if (!verify.verify(keys.publicKey, Buffer.from(signature, 'base64url'))) return 'a wrong signature'
  const { iss, aud, scope, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  if (iss !== EMAIL || !String(aud).startsWith(GOOGLE)) return 'for another'
  if (!String(scope).split(' ').includes('https://www.googleapis.com/auth/cloud-platform'))
    return 'another scope'
  return Math.abs(iat - Date.now() / 1000) < 60 && exp - iat <= 3_600 ? undefined : 'another time'
}

/** Google's token endpoint and Vertex, which takes the token that the endpoint gave. */
function google(
  reply: Handler,
  tokens: Handler = () => json({ access_token: 'ya29.token-1', expires_in: 3599, token_type: 'Bearer' }),
) {
  const grants: (string | undefined)[] = []
  const handler: Handler = (request, n) => {
    if (request.url !== '/token') return reply(request, n)
    grants.push(faultOfGrant(request))
    return grants.at(-1)
      ? json({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 400)
      : tokens(request, n)
  }
  return { grants, handler }
}

const onVertex = (handler: Handler, options: object, account: object = {}) =>
  stand(handler, {
    config: (url) => ({
      preset: 'claude-code',
      accounts: [{ id: 'gcp', upstream: 'vertex', ...account }],
      use: [vertex({ baseURL: `${url}${HOME}`, ...options })],
      plugins: { 'retry-rotate': { maxAttempts: 1 } },
      services: {
        http: ({ builtIn }) => {
          const inner = builtIn()
          const native = ((address: string | URL, init?: RequestInit) =>
            inner.native(String(address).replace(GOOGLE, url), init)) as HttpClient['native']
          return Object.assign(inner.create({}), { native })
        },
      },
    }),
  })

const hello: Handler = (request) => answer({ text: 'hello' }, request)

describe('a service account', () => {
  it('gets a token by its signed grant, once, and each call brings it', async () => {
    const { grants, handler } = google(hello)
    const { send, up } = await onVertex(handler, { keyFile: keyFile() })
    for (let i = 0; i < 3; i++) expect((await send({ body: ask() })).status).toBe(200)
    expect(grants).toEqual([undefined])
    const calls = up.requests.filter(({ url }) => url !== '/token')
    expect(calls.map((request) => request.header('authorization'))).toEqual(
      Array(3).fill('Bearer ya29.token-1'),
    )
  })

  it('gets another one when the first is over', async () => {
    const { grants, handler } = google(hello, (_, n) =>
      json({ access_token: `ya29.token-${n}`, expires_in: 1, token_type: 'Bearer' }),
    )
    const { send, up } = await onVertex(handler, { keyFile: keyFile() })
    for (let i = 0; i < 2; i++) await send({ body: ask() })
    expect(grants).toEqual([undefined, undefined])
    const calls = up.requests.filter(({ url }) => url !== '/token')
    expect(new Set(calls.map((request) => request.header('authorization'))).size).toBe(2)
  })

  it('that Google does not know is told of in words, without the key', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    })
    const { grants, handler } = google(hello)
    const { send } = await onVertex(handler, { keyFile: keyFile({ private_key: other }) })
    const seen = await send({ body: ask() })
    expect(grants[0]).toBe('a wrong signature')
    expect(seen.status).toBe(502)
    expect(seen.text()).toContain("no access token from Google for 'vertex': ")
    expect(seen.text()).toContain('invalid_grant')
    expect(seen.text()).not.toContain('PRIVATE KEY')
  })

  it('whose file is not there is told of too', async () => {
    const { send } = await onVertex(hello, { keyFile: '/nowhere/key.json' })
    expect((await send({ body: ask() })).text()).toContain("no access token from Google for 'vertex'")
  })
})

describe('a call', () => {
  const TOKEN = { apiKey: 'ya29.the-token-of-the-account' }

  it('names the model in its path, and has the version in its body and the beta values in its header', async () => {
    const { send, up } = await onVertex(hello, {}, TOKEN)
    const headers = {
      'anthropic-beta': 'effort-2025-11-24,context-management-2025-06-27,advanced-tool-use-2025-11-20',
    }
    const body = ask({
      model: 'claude-sonnet-4-5-20250929',
      stream: true,
      output_config: { effort: 'high' },
      context_management: { edits: [] },
    })
    const seen = await send({ path: '/v1/messages?beta=true', body, headers })
    expect(seen.text()).toContain('event: message_stop')
    expect(seen.headers['x-mapped-model']).toBe('claude-sonnet-4-5@20250929')
    const [request] = up.requests
    expect(request!.url).toBe(
      `${HOME}/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict`,
    )
    expect(request!.header('authorization')).toBe(`Bearer ${TOKEN.apiKey}`)
    expect(request!.header('x-api-key')).toBeUndefined()
    expect(request!.header('anthropic-beta')).toBe(
      'context-management-2025-06-27,tool-search-tool-2025-10-19',
    )
    expect(request!.json()).toEqual({
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
      context_management: { edits: [] },
    })
  })

  it('without a stream is a rawPredict, whatever a name of a model tries', async () => {
    const { send, up } = await onVertex(hello, {}, TOKEN)
    expect((await send({ body: ask({ model: '../../x:y?z' }) })).status).toBe(200)
    expect(up.requests[0]!.url).toBe(`${HOME}/publishers/anthropic/models/..%2F..%2Fx%3Ay%3Fz:rawPredict`)
  })

  it('for a count keeps the model in its body', async () => {
    const { send, up } = await onVertex(() => json({ input_tokens: 99 }), {}, TOKEN)
    const seen = await send({
      path: '/v1/messages/count_tokens',
      body: ask({ model: 'claude-opus-5-5[1m]' }),
    })
    expect(seen.json()).toEqual({ input_tokens: 99 })
    expect(up.requests[0]!.url).toBe(`${HOME}/publishers/anthropic/models/count-tokens:rawPredict`)
    expect(up.requests[0]!.json()).toMatchObject({
      model: 'claude-opus-5-5',
      anthropic_version: 'vertex-2023-10-16',
    })
  })

  it('that Google refuses is told of in its words, without the token', async () => {
    const refusal = [
      { error: { code: 403, message: `no permission for ${TOKEN.apiKey}`, status: 'PERMISSION_DENIED' } },
    ]
    const { send } = await onVertex(() => json(refusal, 403), {}, TOKEN)
    const seen = await send({ body: ask() })
    expect([seen.status, seen.json().error]).toEqual([
      403,
      { type: 'permission_error', message: expect.stringContaining('no permission for') },
    ])
    expect(seen.text()).not.toContain(TOKEN.apiKey)
  })
})

describe('where it goes', () => {
  it.each([
    ['global', 'https://aiplatform.googleapis.com/v1/projects/p/locations/global'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu'],
    ['europe-west1', 'https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1'],
  ])('%s', async (location, url) => {
    const mounted = await mount(vertex({ project: 'p', location }))
    expect(mounted.upstreams.expect('vertex').address!({ id: 'a', upstream: 'vertex' }).url).toBe(url)
    await mounted.dispose()
  })

  it('needs a project', async () => {
    await expect(mount(vertex())).rejects.toThrow('give it the option project')
  })
})
