import { createHash, createHmac } from 'node:crypto'
import type { SeenRequest } from './bad-upstream.js'

/**
 * What is wrong with a request's AWS Signature Version 4, worked out from the request as it came over the wire; undefined for a
 * right one. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function faultOfSignature(request: SeenRequest, secret: string, now = Date.now()): string | undefined {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      request.header('authorization') ?? '',
    )
  if (!found) return 'no signature'
  const [, , day = '', region = '', service = '', names = '', signature] = found
  const time = request.header('x-amz-date') ?? ''
  const [year, month, date, hour, minute, second] = (
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)?.slice(1) ?? []
  ).map(Number)
  if (Math.abs(Date.UTC(year!, month! - 1, date, hour, minute, second) - now) > 300_000)
    return 'an old signature'
  if (!time.startsWith(day)) return 'another day'
  for (const name of [
    'host',
    'x-amz-date',
    ...(request.header('x-amz-security-token') ? ['x-amz-security-token'] : []),
  ])
    if (!names.split(';').includes(name)) return `${name} is not signed`
  const [path = '', query = ''] = request.url.split('?')
  const canonical = [
    request.method,
    path.split('/').map(encoded).join('/'),
    query.split('&').toSorted().join('&'),
    ...names.split(';').map((name) => `${name}:${(request.header(name) ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names,
    createHash('sha256').update(request.body).digest('hex'),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  )
  const key = [day, region, service, 'aws4_request'].reduce<Buffer | string>(
    (of, part) => createHmac('sha256', of).update(part).digest(),
    `AWS4${secret}`,
  )
  const right = createHmac('sha256', key).update(text).digest('hex')
  return signature === right ? undefined : 'a wrong signature'
}

/** Every byte but the unreserved ones of RFC 3986, the per cent of an encoded path too. */
function encoded(text: string): string {
  return text.replace(
    /[^A-Za-z0-9._~-]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}
