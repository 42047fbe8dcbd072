import { describe, expect, it } from 'vitest'
import { Reply } from '../../core/index.js'
import { makeCall, mount } from '../../testing.js'
import { errors } from './index.js'

const NEVER = Number.POSITIVE_INFINITY

async function send(status: number, body: unknown, headers = {}, call = makeCall()) {
  const { send } = await mount(errors(), { answer: () => Reply.json(body, { status, headers }) })
  const reply = await send(call)
  const { error } = await reply.json<{ error: { type: string; message: string } }>()
  return { reply, error }
}

const coded = (code: string | number, message = 'their words', status = 429, headers = {}) =>
  send(status, { error: { code, message } }, headers)

describe('z.ai’s business codes', () => {
  it.each([
    ['1302', 429, 'rate_limit_error', { reason: 'rate-limit', ms: 1_000 }],
    ['1303', 429, 'rate_limit_error', { reason: 'rate-limit', ms: 2_000 }],
    ['1304', 429, 'rate_limit_error', { reason: 'window-used-up' }],
    ['1305', 529, 'overloaded_error', { reason: 'overloaded' }],
    ['1308', 429, 'rate_limit_error', { reason: 'window-used-up' }],
    ['1309', 402, 'billing_error', { reason: 'billing', ms: NEVER }],
    ['1310', 429, 'rate_limit_error', { reason: 'window-used-up' }],
    ['1311', 403, 'permission_error', { reason: 'forbidden', scope: 'model' }],
    ['1312', 529, 'overloaded_error', { reason: 'overloaded', scope: 'model' }],
    ['1313', 429, 'rate_limit_error', { reason: 'rate-limit' }],
    ['1113', 402, 'billing_error', { reason: 'billing', ms: NEVER }],
    ['1112', 403, 'permission_error', { reason: 'locked', ms: NEVER }],
    ['1121', 403, 'permission_error', { reason: 'locked', ms: NEVER }],
  ])('%s becomes %i %s', async (code, status, type, cooldown) => {
    for (const [spelling, under] of [
      [code, 429],
      [Number(code), 400],
      [code, 500],
    ] as const) {
      const { reply, error } = await coded(spelling, 'their words', under)
      expect(reply.status).toBe(status)
      expect(error.type).toBe(type)
      expect(error.message).toContain(`their words (code ${code})`)
      expect(reply.cooldown).toMatchObject(cooldown)
      expect(reply.header('x-should-retry')).toBe(status === 402 || status === 403 ? 'false' : undefined)
    }
  })

  it.each([
    ['1309', /^account 'test': their words \(code 1309\); renew its plan/],
    ['1113', /^account 'test': their words \(code 1113\); top it up/],
    ['1112', /^account 'test': their words \(code 1112\); ask z\.ai to unlock it/],
    ['1121', /^account 'test': their words \(code 1121\); ask z\.ai to unlock it/],
    [
      '1311',
      /^account 'test': their words \(code 1311\); '[^']+' is not a model of this plan: ask for one that is, or map \S+ to one in plugins\.zai\.models/,
    ],
  ])('%s is one sentence that names the account and says what to do', async (code, words) => {
    expect((await coded(code)).error.message).toMatch(words)
  })

  it('a used-up window is a cooldown until the reset time in the message, which is Beijing’s', async () => {
    const at = new Date(Date.now() + 3 * 3_600_000)
    const local = new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
    const { reply } = await coded('1308', `Usage limit reached. Your limit will reset at ${local}`)
    expect(reply.cooldown!.ms! / 1000).toBeCloseTo(3 * 3_600, -1)
    expect(Number(reply.header('retry-after'))).toBeGreaterThan(10_000)
  })

  it.each([
    ['1308', 'Usage limit reached for 5 hour. Your limit will reset at'],
    ['1310', 'Weekly/Monthly Limit Exhausted. Your limit will reset at'],
    ['1999', 'no code that is known, and resets at'],
  ])('%s: a reset time is told as a duration, and nowhere as Beijing’s', async (code, said) => {
    const beijing = new Date(Date.now() + 11 * 3_600_000 - 30_000).toISOString()
    const local = beijing.slice(0, 19).replace('T', ' ')
    const { error } = await coded(code, `${said} ${local}`)
    expect(error.message.replace(/, at .*\d\d:\d\d \S+ /, ' ')).toBe(
      `${said.slice(0, -' at'.length)} in 3 h 0 min (code ${code})`,
    )
    expect(error.message).not.toContain(local.slice(0, 16))
  })

  it('a delay that the upstream names stands above our own', async () => {
    const { reply } = await coded('1302', 'their words', 429, { 'retry-after': '20' })
    expect(reply.cooldown).toEqual({ reason: 'rate-limit', ms: 20_000 })
    expect(reply.header('retry-after')).toBe('20')
  })

  it('a code that nobody knows keeps the status', async () => {
    const { reply, error } = await coded('1999', 'their words', 418)
    expect(reply.status).toBe(418)
    expect(error).toEqual({ type: 'invalid_request_error', message: 'their words (code 1999)' })
    expect(reply.cooldown).toBeUndefined()
  })

  it('are not read where that is switched off', async () => {
    const { send } = await mount(errors({ zaiCodes: false }), {
      answer: () => Reply.json({ error: { code: '1113', message: 'arrears' } }, { status: 429 }),
    })
    expect((await send({})).status).toBe(429)
  })
})

describe('a prompt that is too long', () => {
  const HEALING = /^prompt is too long: (\d+) tokens > (\d+) maximum$/

  it.each([
    ['with both numbers', 'Prompt exceeds max length: 210000 > 200000', 210_000, 200_000],
    ['with both, the smaller first', 'max length is 131072, got 140001 tokens', 140_001, 131_072],
  ])('is told in the words on which Claude Code compacts: %s', async (_name, message, tokens, maximum) => {
    const { reply, error } = await coded('1261', message)
    expect(reply.status).toBe(400)
    expect(error).toEqual({
      type: 'invalid_request_error',
      message: `prompt is too long: ${tokens} tokens > ${maximum} maximum`,
    })
    expect(reply.header('x-should-retry')).toBe('false')
  })

  it('without numbers has our own count, or at least more than the window', async () => {
    const short = HEALING.exec((await coded('1261', 'Prompt exceeds max length')).error.message)!
    expect(Number(short[1])).toBe(Number(short[2]) + 1)
    const long = makeCall({ messages: [{ role: 'user', content: 'a word and another '.repeat(80_000) }] })
    const body = { error: { code: '1261', message: 'Prompt exceeds max length' } }
    const counted = HEALING.exec((await send(400, body, {}, long)).error.message)!
    expect(Number(counted[1])).toBeGreaterThan(250_000)
    expect(Number(counted[1])).toBeGreaterThan(Number(counted[2]))
  })
})
