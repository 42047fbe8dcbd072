import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { answer, failure } from '../support/anthropic-upstream.js'
import type { SeenRequest } from '../support/bad-upstream.js'
import { ask } from '../support/client.js'
import { json } from '../support/script.js'
import { stand } from '../support/stand.js'

const fixture = new URL('../fixtures/requests/claude-code-2.1.330-tool-turn.json', import.meta.url)
const { headers, body } = JSON.parse(readFileSync(fixture, 'utf8'))
/** Claude Code's own request, as a main turn of one session. */
const turn = { headers: Object.fromEntries(headers), body }

const three = (url: string) => ({
  preset: 'claude-code' as const,
  accounts: [
    { id: 'glm-1', upstream: 'zai', apiKey: 'sk-zai-1' },
    { id: 'glm-2', upstream: 'zai', apiKey: 'sk-zai-2' },
    { id: 'own', upstream: 'anthropic', apiKey: 'sk-anthropic' },
  ],
  plugins: { zai: { baseURL: `${url}/zai` }, anthropic: { baseURL: `${url}/own` } },
})

const keyOf = (request: SeenRequest) =>
  request.header('x-api-key') ?? request.header('authorization')?.replace('Bearer ', '')
const zaiLimit = (code: string, message: string) => json({ error: { code, message } }, 429)

describe('a session with two z.ai keys and one of Anthropic', () => {
  it('notices nothing when the first is used up in mid-session, and then the second', async () => {
    const usedUp = new Set<string>()
    const { send, up } = await stand(
      (req) =>
        usedUp.has(keyOf(req)!)
          ? zaiLimit('1308', 'Usage limit reached for 5 hour. Your limit will reset at 2099-01-01 00:00:00')
          : answer({ text: 'hello' }, req),
      { config: three },
    )
    const served: (string | string[] | undefined)[] = []
    const next = async () => {
      const seen = await send(turn)
      expect(seen.status).toBe(200)
      expect(seen.text()).toContain('message_stop')
      served.push(seen.headers['x-account-email'])
    }
    await next()
    await next()
    usedUp.add('sk-zai-1')
    await next()
    await next()
    usedUp.add('sk-zai-2')
    await next()
    await next()
    expect(served).toEqual(['glm-1', 'glm-1', 'glm-2', 'glm-2', 'own', 'own'])
    // One attempt found out for each; after that nobody asks them.
    expect(up.requests).toHaveLength(8)
    // Fitted anew to each upstream: GLM's name and no cache_control there, the client's own bytes here.
    const [glm, own] = [up.requests.at(-3)!, up.requests.at(-1)!]
    expect(glm.json().model).toMatch(/^glm-/)
    expect(glm.body.includes('cache_control')).toBe(false)
    expect(own.body.equals(Buffer.from(JSON.stringify(body)))).toBe(true)
  })

  it('when nobody can serve the client learns why of each, and when to come back', async () => {
    const { send } = await stand(() => failure(429, 'rate_limit_error', 'no', { 'retry-after': '50' }), {
      config: three,
    })
    await send(turn)
    const seen = await send(turn)
    expect([seen.status, seen.headers['retry-after']]).toEqual([429, '50'])
    expect(seen.json<{ error: { message: string } }>().error.message).toMatch(
      /^all accounts are cooling down: glm-1 \(rate limit, \d+ s\), glm-2 \(rate limit, \d+ s\), own \(rate limit, \d+ s\)$/,
    )
    expect(seen.text()).not.toContain('sk-')
  })
})

describe('a limit that is about one model', () => {
  it('leaves the account to other models', async () => {
    const { send, up } = await stand(
      (req) =>
        req.json().model === 'glm-5.3' && keyOf(req) === 'sk-zai-1'
          ? zaiLimit('1312', 'model overloaded')
          : answer({ text: 'hello' }, req),
      { config: three },
    )
    const of = async (model: string) =>
      (await send({ body: ask({ model }), headers: { 'x-session-id': model } })).headers['x-account-email']
    expect(await of('claude-opus-4-5')).toBe('glm-2')
    expect(await of('claude-haiku-4-5')).toBe('glm-1')
    const before = up.requests.length
    expect(await of('claude-opus-4-5')).toBe('glm-2')
    expect(up.requests.length - before).toBe(1)
  })
})

describe('a changed config', () => {
  it('keeps the rests and sessions of accounts that stay, and takes in new ones', async () => {
    const { send, gateway, up } = await stand(
      (req, n) =>
        n === 0
          ? failure(429, 'rate_limit_error', 'no', { 'retry-after': '50' })
          : answer({ text: 'x' }, req),
      { config: three },
    )
    const served = async (session: string) =>
      (await send({ body: ask(), headers: { 'x-session-id': session } })).headers['x-account-email']
    expect(await served('s')).toBe('glm-2')
    const config = three(up.url)
    const [first, second, third] = config.accounts
    const added = { ...first!, id: 'glm-0', apiKey: 'sk-zai-0' }
    await gateway.reload({ ...config, accounts: [first!, added, second!, third!] })
    expect(await served('s')).toBe('glm-2')
    expect(await served('new')).toBe('glm-0')
    expect(gateway.accounts.status()[0]).toMatchObject({ reason: 'rate-limit' })
  })
})
