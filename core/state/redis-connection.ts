import { Redis } from 'ioredis'
import { SCRIPTS } from './redis-scripts.js'

/** How soon a connection that was lost is tried again, and how long the tries may be apart, in milliseconds. */
const RETRY_FIRST = 50
const RETRY_LONGEST = 1_000

/** A connection that tries for ever to be there, and holds nothing back for when it is. */
export function connectRedis(url: string, name: string): Redis {
  return new Redis(url, {
    connectionName: `agproxy-${name}`,
    scripts: SCRIPTS,
    // What is not sent at once is decided here, so nothing waits in a queue for a Redis that is away.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(RETRY_FIRST * 2 ** (times - 1), RETRY_LONGEST),
  })
}
