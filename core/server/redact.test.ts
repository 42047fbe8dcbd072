import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { resolveConfig } from '../config/resolve.js'
import { definePlugin } from '../plugin/define.js'
import { secretsOf } from './redact.js'

const door = definePlugin({
  name: 'door',
  phase: 'request',
  options: z.strictObject({ tokens: z.array(z.string()).default([]).meta({ secret: true }) }),
  create: () => ({}),
})
const presets = { 'claude-code': { name: 'claude-code', plugins: [door] } }
const redactor = (config: object) => secretsOf(resolveConfig(config, { env: {}, presets }))
const ofTokens = (...tokens: string[]) => redactor({ plugins: { door: { tokens } } })

describe('secrets are taken out of a text', () => {
  test.each([
    [['sk-live-1', 'sk-live-1234567890']],
    [['sk-live-1234567890', 'sk-live-1']],
    [['67890abc', 'sk-live-67890abc', 'sk-live-67890abcdef']],
  ])('the longest first: %j', (tokens) => {
    const redact = ofTokens(...tokens)
    for (const token of tokens)
      expect(redact(`the key ${token} is refused`)).toBe('the key [secret] is refused')
  })

  test.each(['pass"word', 'back\\slash', 'tab\there', 'line\nend', 'bell\u0007ring', 'é"è\\"'])(
    'also as JSON spells them: %j',
    (token) => {
      const redact = ofTokens(token.padEnd(8, '!'))
      const log = { error: `key ${token.padEnd(8, '!')} refused` }
      expect(redact(JSON.stringify(log))).toBe('{"error":"key [secret] refused"}')
      const nested = JSON.stringify({ body: JSON.stringify(log) })
      expect(JSON.parse(JSON.parse(redact(nested)).body)).toEqual({ error: 'key [secret] refused' })
    },
  )

  test('the key of accounts, the key of the operator, and what a URL of the state has', () => {
    const redact = redactor({
      accounts: [{ upstream: 'x', apiKey: 'sk-account' }],
      server: { adminKey: 'operator-key', https: { pfx: 'a.pfx', passphrase: 'open sesame' } },
      state: { url: 'redis://user:pa%20ss@wo%2Frd@host:1/0?password=in-query' },
    })
    const text = 'sk-account operator-key open sesame pa%20ss%40wo%2Frd pa ss@wo/rd in-query user host'
    expect(redact(text)).toBe('[secret] [secret] [secret] [secret] [secret] [secret] user host')
    const token = redactor({ state: { url: 'rediss://token-as-user@host' } })
    expect(token('token-as-user host')).toBe('[secret] host')
    const broken = redactor({ state: { url: 'redis://user:pa/ss@host' } })
    expect(broken('connect to redis://user:pa/ss@host failed')).toBe('connect to [secret] failed')
  })

  test('also as URLs spell them, and in base64', () => {
    const token = 'to~ken/+12'
    const redact = ofTokens(token)
    for (const spelt of [
      encodeURIComponent(token),
      'to%7Eken%2f%2b12',
      Buffer.from(`user:${token}`).toString('base64'),
    ])
      expect(redact(JSON.stringify({ error: `GET /?k=${spelt} failed` }))).toBe(
        '{"error":"GET /?k=[secret] failed"}',
      )
  })

  test('short ones stay, as they would be found in words', () => {
    expect(ofTokens('the')('then')).toBe('then')
  })
})
