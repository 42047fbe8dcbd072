import type { HeaderList } from '../../core/index.js'
import { GatewayError } from '../../core/index.js'
import { loggable, optionalPackage } from '../../core/kit.js'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/**
 * The credentials that an account's key holds: `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` for temporary ones. Undefined
 * for a Bedrock API key, which has no colon and is sent as it is.
 */
export function credentialsIn(key: string): Credentials | undefined {
  const [accessKeyId = '', secretAccessKey = '', sessionToken] = key.split(':')
  if (!/^[A-Z0-9]{16,128}$/.test(accessKeyId) || secretAccessKey === '') return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

export interface Unsigned {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly region: string
}

/** A Bedrock API key needs none, so it is asked for by the first call that is signed. */
async function signers() {
  try {
    return await optionalPackage('aws4fetch', 'a key of IAM for Bedrock', () => import('aws4fetch'))
  } catch (error) {
    throw new GatewayError('api_error', loggable(error), { code: 'AGP_UPSTREAM_SETUP', retry: false })
  }
}

/** Keys that were derived, by secret, day and region. */
const derived = new Map<string, ArrayBuffer>()
const KEPT = 100

/** The headers of a POST with AWS's Signature Version 4. */
export async function signedHeaders(request: Unsigned, credentials: Credentials): Promise<HeaderList> {
  const { AwsV4Signer } = await signers()
  if (derived.size > KEPT) derived.clear()
  const { url, body, region } = request
  const signer = new AwsV4Signer({
    ...credentials,
    method: 'POST',
    url,
    headers: request.headers,
    body,
    service: 'bedrock',
    region,
    cache: derived,
  })
  const { headers } = await signer.sign()
  return [...headers].flat()
}
