import { expect, it } from 'vitest'
import { accountsTable } from '../accounts.js'
import type { Ask } from './ask.js'
import { sessionTools } from './tools.js'

const until = '2026-11-27T10:00:00.000Z'
const cooldown = { reason: 'rate-limit', model: null, seconds: 40, until, failures: 1 } as const
const account = { upstream: 'zai', inFlight: 0, plan: false, windows: [], usable: true, cooldowns: [] }
const accounts = [
  { ...account, id: 'a' },
  { ...account, id: 'b', usable: false, cooldowns: [cooldown] },
  { ...account, id: 'c', cooldowns: [{ ...cooldown, reason: 'server-error', seconds: 2 }] },
  { ...account, id: 'd', cooldowns: [{ ...cooldown, reason: 'overloaded', model: 'glm-5' }] },
  {
    ...account,
    id: 'e',
    usable: false,
    cooldowns: [{ ...cooldown, reason: 'billing', seconds: null, until: null }],
  },
] as const

it('an agent reads which account is in cooldown, for which model, until when, and why', async () => {
  const tool = sessionTools.find(({ name }) => name === 'account_state')!
  const ask = (async () => ({ accounts, waiting: 1 })) as unknown as Ask
  expect((await tool.answer(ask, 's')).split('\n')).toEqual([
    'a (zai): can serve, 0 in flight',
    `b (zai): can not serve, 0 in flight; in cooldown until ${until} (rate limit)`,
    `c (zai): can serve, 0 in flight; the last choice until ${until} (server error)`,
    `d (zai): can serve, 0 in flight; in cooldown for glm-5 until ${until} (overloaded)`,
    'e (zai): can not serve, 0 in flight; in cooldown until the config changes (billing)',
    '1 request waits for an account',
  ])
})

it('an operator reads the same in the same words', () => {
  expect(accountsTable({ accounts, waiting: 0 })).toBe(
    [
      'a  zai  0 in flight  usable',
      'b  zai  0 in flight  in cooldown, 40 s left (rate limit)',
      'c  zai  0 in flight  usable, as the last choice, 2 s left (server error)',
      'd  zai  0 in flight  usable',
      '                     glm-5: in cooldown, 40 s left (overloaded)',
      'e  zai  0 in flight  in cooldown until the config changes (billing)\n',
    ].join('\n'),
  )
})
