import { forget, key } from './key.js'

/** Milliseconds; the gateway answers from memory or from a local database. */
const PATIENCE = 20_000

/** What went wrong, in the gateway's own words where it answered. */
export class ApiError extends Error {
  constructor(
    /** 0: no gateway answered. */
    readonly status: number,
    message: string,
    readonly code?: string,
  ) {
    super(message)
  }
}

export interface CallInit {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** Milliseconds. */
  readonly timeout?: number
}

/** A route below `/_agproxy/api/`. Throws an ApiError; a refused key is forgotten. */
export async function call<T>(path: string, init: CallInit = {}): Promise<T> {
  const { signal, timeout = PATIENCE, ...rest } = init
  const limit = AbortSignal.timeout(timeout)
  const response = await request(path, { ...rest, signal: signal ? AbortSignal.any([signal, limit]) : limit })
  try {
    return (await response.json()) as T
  } catch {
    throw new ApiError(response.status, 'the gateway’s answer ended too early')
  }
}

/** The response itself, for a stream. */
export async function request(path: string, init: Omit<CallInit, 'timeout'> = {}): Promise<Response> {
  const { method = 'GET', body, signal } = init
  const sent = key()
  if (sent === undefined) throw new ApiError(401, 'this tab has no key that the gateway takes')
  const headers: Record<string, string> = { authorization: `Bearer ${sent}` }
  if (body !== undefined) headers['content-type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(`api/${path}`, {
      method,
      headers,
      cache: 'no-store',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
  } catch (error) {
    if (signal?.aborted && (signal.reason as Error | undefined)?.name !== 'TimeoutError') throw error
    throw new ApiError(0, 'no gateway answers here; it may have stopped')
  }
  if (response.ok) return response
  if (response.status === 401 && key() === sent) forget()
  throw await errorOf(response)
}

async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => undefined)) as
    | { error?: { message?: string; code?: string } }
    | undefined
  const words = body?.error?.message ?? `the gateway answered with status ${response.status}`
  return new ApiError(response.status, words, body?.error?.code)
}
