import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import type { Logger } from '../../core/contract/services.js'
import type { Patience } from '../../core/contract/state.js'
import { RedisStore } from '../../core/state/redis.js'

/** As a request has it. */
export const patience = (): Patience => ({ left: 50 })

export interface Logged extends Logger {
  readonly lines: string[]
}

export function logger(): Logged {
  const lines: string[] = []
  const log = (first: object | string, message?: string) =>
    void lines.push(typeof first === 'string' ? first : (message ?? ''))
  const self: Logged = { lines, debug: log, info: log, warn: log, error: log, child: () => self }
  return self
}

/** A prefix that nobody else uses; what was written under it is removed when the test is over. */
export function ownPrefix(url: string): string {
  const prefix = `agproxy-test-${randomUUID()}:`
  onTestFinished(async () => {
    const redis = new Redis(url, { retryStrategy: () => null })
    redis.on('error', () => {})
    try {
      for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 }))
        if (keys.length > 0) await redis.del(keys)
    } catch {
      // a server that was stopped on purpose
    } finally {
      redis.disconnect()
    }
  })
  return prefix
}

/** A gateway's store, connected. */
export async function redisStore(
  url: string,
  prefix = ownPrefix(url),
  init: { leaseTime?: number; logger?: Logged } = {},
): Promise<RedisStore> {
  const store = new RedisStore({ url, prefix, logger: init.logger ?? logger(), ...init })
  onTestFinished(() => store.close())
  await store.whenUp(2_000)
  return store
}
