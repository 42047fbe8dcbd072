import { expect, it } from 'vitest'
import { callOf, seeded, testPool } from '../../test/support/pool.js'
import type { Preference } from '../contract/call.js'
import type { Account } from '../contract/upstream.js'

function start(accounts: readonly Partial<Account>[]) {
  const { pool, accounts: full } = testPool(accounts, { random: seeded(1) })
  const ask = async (session: string, { agent, ...preference }: Preference & { agent?: string } = {}) => {
    const call = callOf(session, {}, agent === undefined ? {} : { agent })
    const request = pool.request('account' in preference ? call.prefer(preference) : call)
    return (await pool.acquire(request))!
  }
  return { pool, full, ask }
}

const equal = { priority: 0 }

it('an account that serves alone is the only one', async () => {
  const { ask } = start([{}])
  expect((await ask('s')).target.choice).toEqual({ reason: 'only', tier: 0, others: [] })
})

it('among equals it is the less loaded one, and the others say what they lacked', async () => {
  const { ask, pool, full } = start([equal, equal, equal, { priority: 1 }])
  await ask('s1')
  pool.coolDown(full[2]!, 1_000, 'rate-limit')
  const { choice, account } = (await ask('s2')).target
  expect(choice).toMatchObject({ reason: 'less-loaded', tier: 0 })
  const others = Object.fromEntries(choice!.others.map(({ account: id, lacks }) => [id, lacks]))
  expect(others).toMatchObject({ c: 'cooling down' })
  expect(Object.keys(others)).toHaveLength(2) // those of later tiers lost by their rank
  expect(others[account.id === 'a' ? 'b' : 'a']).toMatch(/more load|not drawn/)
})

it('a session’s own account is pinned, with no look at the others', async () => {
  const { ask } = start([equal, equal])
  ;(await ask('s')).release()
  expect((await ask('s')).target.choice).toEqual({ reason: 'pinned', tier: 0, others: [] })
})

it('a sub-agent begins where its session is', async () => {
  const { ask } = start([equal, equal])
  const home = await ask('s')
  home.release()
  const { choice, account } = (await ask('s', { agent: 'x' })).target
  expect([choice!.reason, account.id]).toEqual(['parent', home.target.account.id])
})

it('while the session’s own account is full, an idle one takes over', async () => {
  const { ask } = start([{ maxConcurrent: 1 }, {}])
  await ask('s')
  expect((await ask('s')).target.choice).toEqual({
    reason: 'overflow',
    tier: 1,
    others: [{ account: 'a', lacks: 'full' }],
  })
})

it('a plugin’s wish and the last resort are named', async () => {
  const { ask, pool, full } = start([{}, {}])
  expect((await ask('s', { account: 'b' })).target.choice!.reason).toBe('preferred')
  for (const account of full) pool.coolDown(account, 60_000, 'server-error')
  expect((await ask('t')).target.choice!.reason).toBe('failing')
})

it('of many accounts ten are told', async () => {
  const { pool } = testPool(Array.from({ length: 10 }, () => equal).concat({ priority: 1 }))
  expect(pool.all()).toHaveLength(11)
  const request = pool.request(callOf('s'))
  for (const id of 'abcdefghij') request.tried.add(id)
  const lease = await pool.acquire(request)
  expect(lease!.target.choice!.others).toHaveLength(10)
})
