import type { Logger } from '../contract/services.js'
import type { StateStore } from '../contract/state.js'
import { MemoryStore } from './memory.js'

export interface StoreOptions {
  /** `redis://…`; absent: state lives in this process. */
  readonly url?: string | undefined
  readonly prefix: string
}

/** What a gateway waits for Redis when it starts, so that its first request knows what others know. */
const WAIT = 1_000

/** The store that the config asks for. A Redis that is away keeps no gateway from starting. */
export async function openStore({ url, prefix }: StoreOptions, logger: Logger): Promise<StateStore> {
  if (url === undefined) return new MemoryStore()
  const { RedisStore } = await import('./redis.js') // loaded only where it is used
  const store = new RedisStore({ url, prefix, logger })
  await store.whenUp(WAIT)
  return store
}
