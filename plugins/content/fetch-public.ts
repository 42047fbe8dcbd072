import { checkedLookup, type IsPublic, literalAddress, NotPublicError, publicAddresses } from './addresses.js'

export interface FetchLimits {
  /** Bytes of the file. */
  readonly size: number
  /** Milliseconds for all of it, redirects too. */
  readonly timeout: number
}

const REDIRECTS = 3
const REDIRECT = new Set([301, 302, 303, 307, 308])

/**
 * A file that a prompt names by URL. Never from an address that is not public: prompts come from strangers' pages and files, and
 * this machine reaches what they can't. Each redirect is checked again; no proxy is used, since it would look the name up in our place.
 * Throws an Error with words that hold nothing of the URL.
 */
export async function fetchPublic(
  address: string,
  { size, timeout }: FetchLimits,
  isPublic?: IsPublic,
): Promise<Buffer> {
  const check = isPublic ?? (await publicAddresses())
  const { default: undici } = await import('undici')
  const { Agent, request } = undici
  const dispatcher = new Agent({ connect: { lookup: checkedLookup(check), timeout } })
  const signal = AbortSignal.timeout(timeout)
  try {
    let url = checked(address, undefined, check)
    for (let hop = 0; hop <= REDIRECTS; hop++) {
      const { statusCode, headers, body } = await request(url, { dispatcher, signal, headers: HEADERS })
      body.on('error', () => {}) // of a body that is left
      if (REDIRECT.has(statusCode) && typeof headers.location === 'string') {
        body.destroy()
        url = checked(headers.location, url, check)
      } else if (statusCode === 200) return await read(body, size)
      else {
        body.destroy()
        throw new Error(`status ${statusCode}`)
      }
    }
    throw new Error(`more than ${REDIRECTS} redirects`)
  } catch (error) {
    throw signal.aborted ? new Error(`nothing within ${timeout} ms`) : error
  } finally {
    await dispatcher.destroy()
  }
}

/** Without an encoding, so that the size is that of the file. */
const HEADERS = { accept: 'image/*,application/pdf', 'accept-encoding': 'identity', 'user-agent': 'agproxy' }

function checked(address: string, base: URL | undefined, isPublic: IsPublic): URL {
  const url = URL.canParse(address, base?.href) ? new URL(address, base) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw new Error('not a URL of http or https')
  if (url.username !== '' || url.password !== '') throw new Error('a URL with a password')
  const literal = literalAddress(url)
  if (literal !== undefined && !isPublic(literal)) throw new NotPublicError()
  return url
}

async function read(body: AsyncIterable<Buffer> & { destroy(): void }, size: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > size) throw new Error(`larger than ${size} bytes`) // leaving the loop ends the call
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
