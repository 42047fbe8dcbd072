import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { anthropicUpstream } from '../../test/support/anthropic-upstream.js'
import { stand, zaiPair } from '../../test/support/stand.js'
import type { EndpointRequest } from '../contract/endpoint.js'
import { pageEndpoints } from './page.js'

/** A built page in a folder, with a secret beside it. */
function built() {
  const folder = mkdtempSync(join(tmpdir(), 'agproxy-built-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'page/assets'), { recursive: true })
  writeFileSync(join(folder, 'page/index.html'), '<!doctype html><title>one</title>')
  writeFileSync(join(folder, 'page/assets/index-a1.js'), 'export {}')
  writeFileSync(join(folder, 'page/secret.js'), 'secret')
  const [index, asset] = pageEndpoints(pathToFileURL(join(folder, 'page/')))
  const request = (init: object) => ({ query: '', headers: {}, params: {}, ...init }) as EndpointRequest
  const get = (file: string, headers = {}) =>
    asset!.handle(request({ headers, params: { file }, path: `/_agproxy/assets/${file}` }))
  const open = () => index!.handle(request({ path: '/_agproxy/' }))
  return { folder, get, open }
}

it('is served with a policy that lets in nothing but itself, and anew after each build', async () => {
  const { open, folder } = built()
  const page = await open()
  expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>one</title>'])
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  const policy = page.header('content-security-policy')
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  writeFileSync(join(folder, 'page/index.html'), 'two')
  expect(await (await open()).text()).toBe('two')
})

it('has its files under their names alone, small for who takes them so', async () => {
  const { get } = built()
  const plain = await get('index-a1.js')
  expect([await plain.text(), plain.header('content-encoding')]).toEqual(['export {}', undefined])
  expect(plain.header('cache-control')).toMatch(/immutable/)
  const small = await get('index-a1.js', { 'accept-encoding': 'br, gzip' })
  expect(small.header('content-encoding')).toBe('gzip')
  expect(gunzipSync(await small.bytes()).toString()).toBe('export {}')
  for (const name of ['../secret.js', '..%2fsecret.js', 'secret.js', 'none.js', '.stamp.js', 'index.html'])
    await expect(async () => get(name)).rejects.toThrow(/the page has no file/)
})

it('is found without its last slash, needs no key, and gives no foreign page anything', async () => {
  const { send, url } = await stand(anthropicUpstream(), {
    config: (up) => ({
      ...zaiPair(up),
      server: { adminKey: 'k-1234567' },
      plugins: { zai: { baseURL: up }, auth: { mode: 'strict', keys: ['client-key'] } },
    }),
  })
  const moved = await send({ method: 'GET', path: '/_agproxy?x=1' })
  expect([moved.status, moved.headers.location]).toEqual([308, '_agproxy/?x=1'])
  expect(new URL(moved.headers.location!, `${url}/_agproxy`).pathname).toBe('/_agproxy/')
  expect((await send({ method: 'GET', path: '/_agproxy/assets/none.js' })).status).toBe(404)
  const headers = { authorization: 'Bearer k-1234567', origin: 'https://example.com' }
  expect((await send({ method: 'GET', path: '/_agproxy/api/accounts', headers })).status).toBe(403)
})

it('is named to a browser that was given the base URL, and to nobody else', async () => {
  const { send } = await stand(anthropicUpstream(), { config: zaiPair })
  const told = async (method: string, path: string) => (await send({ method, path })).text()
  expect(await told('GET', '/')).toContain(
    'no route GET /; the page is at /_agproxy/, and `agproxy ui` opens it; there are',
  )
  expect(await told('GET', '/v1')).toContain('no route GET /v1; there are POST /v1/messages,')
})
