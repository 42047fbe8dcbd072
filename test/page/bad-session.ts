import { randomUUID } from 'node:crypto'
import { failure } from '../support/anthropic-upstream.js'
import type { World } from './world.js'

export const busy = (seconds = '41') =>
  failure(429, 'rate_limit_error', 'slow down', { 'retry-after': seconds })

/**
 * A session in which things went wrong: a failover, a cache that a plugin of the gateway's broke, an agent that an overloaded
 * upstream refused, beside two that went well.
 */
export async function badSession({ turn }: World): Promise<{ bad: string }> {
  const [good, bad] = [randomUUID(), randomUUID()]
  const first = { session: good, prompt: 'p-good', words: 'Explain how the retry policy works' }
  await turn({ ...first, made: 21_400, output: 320 })
  await turn({ ...first, read: 21_400, made: 900, output: 180 })
  const explore = { ...first, agent: 'agent-1', agentType: 'Explore', model: 'claude-sonnet-5' }
  await turn({ ...explore, words: 'Find all callers of retryPolicy', made: 8_000, output: 90 })
  await turn({ ...explore, words: 'Now the tests', read: 8_000, made: 700, output: 240 })

  const fix = {
    session: bad,
    prompt: 'p-fix',
    words: 'Fix the failing test in core/stream and run the suite',
  }
  await turn({ ...fix, made: 38_000, output: 420, wait: 20 })
  await turn({ ...fix, read: 38_000, made: 1_200, output: 150 })
  await turn({ ...fix, read: 0, made: 39_900, output: 300, clock: 'It is 10:14', wait: 60 })
  const runner = { ...fix, agent: 'agent-2', agentType: 'test-runner', model: 'claude-haiku-4-5' }
  await turn({ ...runner, words: 'Run npm test', made: 6_000, output: 80, failures: [busy()] })
  await turn({ ...runner, words: 'Only the stream tests', read: 6_000, made: 300, output: 200 })
  await turn({ ...fix, read: 39_900, made: 800, output: 700 })
  const again = { session: bad, prompt: 'p-again', words: 'Why did it take so long? Check the logs' }
  await turn({
    ...again,
    failures: Array.from({ length: 3 }, () => failure(500, 'api_error', 'internal')),
    output: 0,
  })
  await turn({ ...again, read: 40_700, made: 500, output: 260, labels: 'task=login' })
  return { bad }
}

/** The address of each view of a world in which that session was. */
export const viewsOf = (bad: string, [one, other]: readonly [{ id: string }, { id: string }]) => ({
  live: '/live',
  request: `/live?open=${one.id}`,
  sessions: '/sessions',
  session: `/sessions/${bad}`,
  cost: '/cost',
  accounts: '/accounts',
  upstreams: '/upstreams',
  chain: '/chain',
  compare: `/compare/${one.id}/${other.id}`,
})
