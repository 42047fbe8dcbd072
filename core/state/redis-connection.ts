import { Redis } from 'ioredis'
import { SCRIPTS } from './redis-scripts.js'

/** How soon a connection that was lost is tried again, and how long the tries may be apart, in milliseconds. */
const RETRY_FIRST = 50
const RETRY_LONGEST = 1_000

/** A connection that reconnects without end and queues nothing meanwhile. */
export function connectRedis(url: string, name: string): Redis {
  return new Redis(url, {
    connectionName: `agproxy-${name}`,
    scripts: SCRIPTS,
    // What can't be sent at once is decided by the local copy: nothing queues for a Redis that is away.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(RETRY_FIRST * 2 ** (times - 1), RETRY_LONGEST),
  })
}
