import { describe, expect, it } from 'vitest'
import { ask } from '../support/client.js'
import { errorData } from '../support/messages.js'
import { respond, type Script } from '../support/script.js'
import { stand } from '../support/stand.js'
import { statusRows, zaiRows } from './rows/statuses.js'
import { observeRows } from './run.js'

observeRows('answering an error', statusRows)
observeRows('answering one of z.ai’s codes', zaiRows)

const RETRIED = new Set([408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527])
const ROTATED = new Set([401, 402, 403, 429, 529])
const WORTH_A_RETRY = new Set([...RETRIED, 409, 429, 529])
/** Of the statuses that the API uses; any other 4xx and 5xx below. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}
const typeOf = (status: number) => TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')

interface Body {
  readonly script: (status: number) => Script
  /** What the client is told, in which type. */
  readonly told: (status: number) => { readonly type: string; readonly message: string }
}

const HTML =
  '<!DOCTYPE html><html><head><title>Bad day</title></head><body>&nbsp;<script>x</script></body></html>'
const JSON_TYPE = { 'content-type': 'application/json' }
const unexplained = (status: number) => ({
  type: typeOf(status),
  message: `the upstream answered with status ${status} and no explanation`,
})

const BODIES: Readonly<Record<string, Body>> = {
  JSON: {
    // Its own type, whatever the status: such a body is not to be changed.
    script: (status) =>
      respond(status, JSON.stringify(errorData('odd_error', 'own words')), { headers: JSON_TYPE }),
    told: () => ({ type: 'odd_error', message: 'own words' }),
  },
  HTML: {
    script: (status) => respond(status, HTML, { headers: { 'content-type': 'text/html' } }),
    told: (status) => ({ type: typeOf(status), message: 'Bad day' }),
  },
  'an empty body': { script: (status) => respond(status, ''), told: unexplained },
  'a truncated body': {
    script: (status) => respond(status, '{"type":"error","error":{"ty', { length: 500, headers: JSON_TYPE }),
    told: unexplained,
  },
}

/** These are about the gateway's account or base URL, and are told in words that say so: test/e2e/misconfigured.test.ts. */
const OWN_WORDS = new Set([401, 403, 404])
function toldAs(status: number, { type, message }: { readonly type: string; readonly message: string }) {
  if (!OWN_WORDS.has(status) && !(status === 405 && /no explanation/.test(message))) return { type, message }
  const words = /no explanation/.test(message) ? '' : `: ${message}`
  return { type: typeOf(status), message: expect.stringMatching(`account '(one|two)'.*${words}`) }
}

const CLIENTS = [
  { name: 'a stream', upstream: 'anthropic', body: ask({ stream: true }) },
  { name: 'JSON', upstream: 'anthropic', body: ask() },
  { name: 'JSON, folded from a stream', upstream: 'zai', body: ask() },
] as const

describe.each(CLIENTS)(
  'every status from 400 to 529, for a client that wants $name',
  ({ upstream, body }) => {
    it.each(Object.entries(BODIES))('with %s', async (_name, { script, told }) => {
      let status = 400
      const account = (id: string, baseURL: string) => ({
        id,
        upstream,
        apiKey: `sk-upstream-${id}`,
        baseURL,
      })
      const { up, gateway, send } = await stand(() => script(status), {
        config: (url) => ({
          preset: 'claude-code',
          accounts: [account('one', url), account('two', url)],
          plugins: { 'retry-rotate': { maxAttempts: 2 } },
        }),
      })
      const { accounts: pool } = gateway
      for (; status <= 529; status++) {
        const before = up.requests.length
        const seen = await send({ body })
        const state = pool.status()
        const { type, error } = seen.json<{ type: string; error: object }>()
        const resting = ROTATED.has(status)
        expect({
          status: seen.status,
          end: seen.end,
          type,
          error,
          calls: up.requests.length - before,
          shouldRetry: seen.headers['x-should-retry'],
          resting: state.map((account) => account.cooldownMs > 0),
        }).toEqual({
          status,
          end: 'clean',
          type: 'error',
          error: toldAs(status, told(status)),
          calls: RETRIED.has(status) || resting ? 2 : 1,
          shouldRetry: WORTH_A_RETRY.has(status) ? undefined : 'false',
          resting: [resting, resting],
        })
        const wait = Number(seen.headers['retry-after'] ?? 1)
        expect(Number.isInteger(wait) && wait >= 1 && wait <= 59).toBe(true)
        for (const { account } of state) pool.clear(account.id)
      }
    })
  },
)
