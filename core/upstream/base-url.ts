import { z } from 'zod'

/** Where an upstream lives: scheme and host apart from the path, as the transport wants them. */
export interface BaseURL {
  readonly origin: string
  /** Without a trailing slash; empty for the root. */
  readonly path: string
}

/**
 * Reads a base URL as tolerantly as users write it: a trailing slash, `/v1` and `/v1/messages` are taken off, since the
 * call's own path brings them. (401 and 404 riddles from a doubled `/v1` are the most common support question of gateways.)
 */
export function parseBaseURL(text: string): BaseURL {
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`not an http(s) URL: ${url.protocol}//…`)
  if (url.username || url.password)
    throw new TypeError("a base URL must hold no credentials; give the key as the account's apiKey")
  const path = url.pathname
    .replace(/\/+$/, '')
    .replace(/(\/v1)?\/messages$/, '')
    .replace(/\/v1$/, '')
  return { origin: url.origin, path }
}

/** The schema of an option `baseURL`. */
export const baseURLOption = () => z.string().refine(isBaseURL, 'must be an http(s) URL without credentials')

/** Whether a text is a base URL that `parseBaseURL` takes; for zod's `refine`. */
export function isBaseURL(text: string): boolean {
  try {
    parseBaseURL(text)
    return true
  } catch {
    return false
  }
}
