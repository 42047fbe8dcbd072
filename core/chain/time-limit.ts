import type { Awaitable } from '../contract/awaitable.js'

/** Thrown in place of a hook that took longer than it may. */
export class TimeLimitError extends Error {}

/** Settles as `work` does, or rejects with a `TimeLimitError` after `ms`; how `work` ends later is ignored. */
export async function withTimeLimit<T>(work: Awaitable<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeLimitError(`${what} did not end within ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
