import type { HttpClient } from '../contract/services.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import type { Transport } from './transport.js'

/** Bytes of a small answer: a list of 1,000 models has about 200 kB. */
const SMALL = 4 * 1024 * 1024

/** The body of an answer that was asked for with `responseType: 'stream'`. Throws an UpstreamError beyond 4 MB, compressed or not. */
export async function smallBody(body: ReadableStream<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > SMALL)
      throw new UpstreamError('shape', `the upstream's answer has more than ${SMALL / 1024 / 1024} MB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * For the small calls: model lists, token counts, probes. No retries (what to retry is `retry-rotate`'s to say), no
 * redirects (a key must not travel), and error statuses are answers to look at.
 */
export function createHttpClient({ dispatcher }: Transport): HttpClient {
  return lazily(async () => {
    const [{ createFetch }, { default: undici }] = await Promise.all([import('ofetch'), import('undici')])
    const fetch = ((input: string | URL, init?: RequestInit) =>
      undici.fetch(input, { ...(init as object), dispatcher })) as unknown as typeof globalThis.fetch
    return createFetch({ fetch }).create({
      retry: false,
      redirect: 'manual',
      ignoreResponseError: true,
      timeout: 10_000,
    })
  })
}

/** With its first call: 400 kB of undici's code that the conversation does without, and `Headers`, with which Node loads its own fetch. */
function lazily(load: () => Promise<HttpClient>): HttpClient {
  let loading: Promise<HttpClient> | undefined
  const client = () =>
    (loading ??= load().catch((error) => {
      loading = undefined
      throw error
    }))
  const call = async (...args: Parameters<HttpClient>) => (await client())(...args)
  const methods: Pick<HttpClient, 'raw' | 'native' | 'create'> = {
    raw: async (...args) => (await client()).raw(...args) as never,
    native: async (...args) => (await client()).native(...args),
    create: (...args) => lazily(async () => (await client()).create(...args)),
  }
  return Object.assign(call, methods) as HttpClient
}
