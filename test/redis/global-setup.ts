import { Redis } from 'ioredis'
import type { TestProject } from 'vitest/node'
import { canStartRedis, startRedis } from './redis-server.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Undefined: there is none to be had. */
    redisUrl: string | undefined
  }
}

/** The Redis that answers at REDIS_URL or on the usual port; else one that is started here; else none. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const named = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
  if (await answers(named)) {
    project.provide('redisUrl', named)
    return async () => {}
  }
  if (await canStartRedis()) {
    const server = await startRedis()
    project.provide('redisUrl', server.url)
    return () => server.stop()
  }
  if (process.env.REQUIRE_REDIS === '1' || process.env.CI === 'true')
    throw new Error(`no Redis at ${named}, and no redis-server to start: REQUIRE_REDIS or CI wants one`)
  console.warn(
    `\n*** SKIPPED: no Redis at ${named}, and no redis-server to start. Install one, or set REDIS_URL. ***\n`,
  )
  project.provide('redisUrl', undefined)
  return async () => {}
}

async function answers(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1_000 })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return (await redis.ping()) === 'PONG'
  } catch {
    return false
  } finally {
    redis.disconnect()
  }
}
