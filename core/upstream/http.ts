import { createFetch } from 'ofetch'
import { fetch as undiciFetch } from 'undici'
import type { HttpClient } from '../contract/services.js'
import type { Transport } from './transport.js'

/**
 * For the small calls: model lists, token counts, probes. No retries (what to retry is `retry-rotate`'s to say), no
 * redirects (a key must not travel), and error statuses are answers to look at.
 */
export function createHttpClient(transport: Transport): HttpClient {
  const fetch = ((input: string | URL, init?: RequestInit) =>
    undiciFetch(input, {
      ...(init as object),
      dispatcher: transport.dispatcher,
    })) as unknown as typeof globalThis.fetch
  return createFetch({ fetch }).create({
    retry: false,
    redirect: 'manual',
    ignoreResponseError: true,
    timeout: 10_000,
  })
}
