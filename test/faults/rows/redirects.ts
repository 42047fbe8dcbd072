import { respond } from '../../support/script.js'
import { always, error, once, type Row, SAME } from '../row.js'

/** Where the redirects point: a host that must never hear of the request, let alone of a key. */
export const ELSEWHERE = 'https://elsewhere.example'

const words = (status: number, to: string) =>
  error(
    502,
    'api_error',
    `the upstream 'anthropic' answered with a redirect (${status}${to}), and none is followed with a key: correct its baseURL`,
    'x-should-retry: false',
  )

function redirect(status: number, location: string | undefined, to: string): Row {
  const sees = words(status, to)
  return {
    upstream: `answers ${status}${location === undefined ? ' without a location' : ` to ${location.startsWith('/') ? 'a path of its own' : 'another host'}`}`,
    answers: always(respond(status, '', location === undefined ? {} : { headers: { location } })),
    stream: once(sees),
    json: once(sees),
    folded: once(sees.replace('anthropic', 'zai')),
    second: SAME,
  }
}

export const redirectRows: readonly Row[] = [
  ...[301, 302, 303, 307, 308].map((status) =>
    redirect(status, `${ELSEWHERE}/v1/messages`, ` to ${ELSEWHERE}`),
  ),
  redirect(307, '/v2/messages', ''),
  redirect(304, undefined, ''),
]
