import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Row } from '../api/types.js'
import { time } from '../format.js'
import { shortTrouble, troublesOf } from './troubles.js'

const good = { status: 200, ending: 'complete', account: 'b', usageKnown: true, cost: 0.0142 }
const row = (fields: object) => ({ ...good, ...fields }) as Row
const told = (fields: object) => troublesOf(row(fields)).map(({ what, words }) => `${what}. ${words}`)

const until = new Date(Date.now() + 60_000).toISOString()
const limited = { account: 'a', status: 429, error: 'rate_limit_error (429)', reason: 'rate-limit', until }
const broken = { account: 'a', status: 500, error: 'api_error (500)' }

describe('what is told of a request', () => {
  it('is nothing while all is well', () => {
    for (const cache of [undefined, 'hit', 'first', 'none']) expect(told({ cache })).toEqual([])
    expect(shortTrouble(row({}))).toBeUndefined()
  })

  it.each([
    [
      'another account took over',
      { failedAttempts: [limited] },
      `Tried again. Account a refused it (429): too many requests (rate limit); it is in cooldown until ${time(until)}. Account b answered instead.`,
      'a: too many requests (rate limit)',
    ],
    [
      'every attempt failed in the same way',
      { status: 500, usageKnown: false, failedAttempts: [broken, broken], error: 'the upstream reported' },
      'Failed. Account a failed (500): api_error. No tokens were counted.',
      'the upstream reported',
    ],
    [
      'an account is in cooldown until the config changes',
      {
        status: 402,
        usageKnown: false,
        failedAttempts: [{ ...limited, status: 402, reason: 'billing', until: null }],
      },
      'Failed. Account a refused it (402): it has run out of money, or its plan is over; it is in cooldown until the config changes. No tokens were counted.',
      'it has run out of money, or its plan is over',
    ],
    [
      'the gateway refused it',
      { status: 402, usageKnown: false, error: 'the budget of the day is used up' },
      'Failed. The budget of the day is used up. No tokens were counted.',
      'the budget of the day is used up',
    ],
    [
      'the client gave up',
      { status: undefined, ending: 'gone', usageKnown: false },
      'Failed. The client gave up before an answer came. No tokens were counted.',
      'the client gave up before an answer came',
    ],
    [
      'an answer broke off',
      { ending: 'broken', outputTokens: 12, error: 'api.z.ai broke the connection' },
      'Broke off. The answer stopped after 12 tokens: api.z.ai broke the connection. It cost $0.0142 all the same.',
      'api.z.ai broke the connection',
    ],
    [
      'a plan pays for an answer that broke off',
      { ending: 'broken', cost: undefined, plan: true, error: 'silence' },
      'Broke off. The answer stopped: silence. Its tokens count to the plan all the same.',
      'silence',
    ],
    [
      'the tools changed',
      { cache: 'prefix', cacheWhy: 'tools changed', lostTokens: 50_100, lostCost: 0.0571 },
      'The cache missed. Tools changed, and a cache holds only what begins as before. 50k tokens were paid again, $0.0571.',
      'cache missed: tools changed',
    ],
    [
      'another account has no cache',
      { cache: 'account', cacheWhy: 'a before, b now', lostTokens: 900 },
      'The cache missed. Another account answered (a before, b now). 900 tokens were paid again.',
      'cache missed: another account answered (a before, b now)',
    ],
  ])('is what, why and how much: %s', (_, fields, sentences, short) => {
    expect(told(fields)).toEqual([sentences])
    expect(shortTrouble(row(fields))?.words).toBe(short)
  })

  it.each([
    [
      { failedAttempts: [limited] },
      'Nothing now; if it comes often, add an account or set its maxConcurrent.',
      'docs/accounts.md',
    ],
    [
      { failedAttempts: [{ ...limited, reason: 'unauthorised' }] },
      'Correct the account’s key: a saved config is in force at once.',
      'docs/accounts.md',
    ],
    [
      { status: 429, failedAttempts: [limited] },
      'Wait for the end of the cooldown, or add an account.',
      'docs/accounts.md',
    ],
    [{ status: 400, code: 'AGP_INVALID_BODY' }, 'Look up AGP_INVALID_BODY.', 'docs/errors.md'],
    [{ status: 400, id: 'req_1' }, 'Run agproxy explain req_1.', 'docs/what-happened.md'],
    [{ status: undefined, ending: 'gone' }, 'Nothing: its client ended it.', undefined],
    [
      { ending: 'broken' },
      'Send it again: an answer that has begun is not tried again.',
      'docs/plugins/stream-guard.md',
    ],
    [
      { cache: 'prefix', cacheWhy: 'tools changed (mcp__a added)' },
      'Connect MCP servers before a session begins, and keep them on.',
      'docs/plugins/trace.md',
    ],
    [
      { cache: 'prefix', cacheWhy: 'system changed, by clock' },
      'Let the plugin clock write the same in each turn, or switch it off.',
      'docs/plugins/trace.md',
    ],
    [
      { cache: 'expired' },
      'Go on within the time that the cache lives, or ask for the hour of "ttl":"1h".',
      'docs/plugins/trace.md',
    ],
  ])('ends with what to do next: %j', (fields, words, doc) => {
    const [{ next } = { next: undefined }] = troublesOf(row(fields))
    expect(next).toEqual({ words, ...(doc && { doc }) })
    if (doc) expect(existsSync(new URL(`../../${doc}`, import.meta.url))).toBe(true)
  })

  it('begins with what stopped it', () => {
    const all = row({ ending: 'broken', failedAttempts: [limited], cache: 'unknown', lostTokens: 5_000 })
    expect(troublesOf(all).map(({ level, what }) => `${level} ${what}`)).toEqual([
      'bad Broke off',
      'warn Tried again',
      'warn The cache missed',
    ])
  })
})
