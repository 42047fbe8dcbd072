import { expect, it, onTestFinished } from 'vitest'
import { anthropicUpstream } from '../support/anthropic-upstream.js'
import { startUpstream } from '../support/bad-upstream.js'
import { ask } from '../support/client.js'
import { respond } from '../support/script.js'
import { stand } from '../support/stand.js'
import { redirectRows } from './rows/redirects.js'
import { observeRows } from './run.js'

observeRows('pointing elsewhere', redirectRows)

it.each([
  ['messages', 'POST', '/v1/messages', ask()],
  ['a stream', 'POST', '/v1/messages', ask({ stream: true })],
  ['a token count', 'POST', '/v1/messages/count_tokens', ask()],
  ['a model list', 'GET', '/v1/models', undefined],
] as const)('no redirect is followed for %s', async (_name, method, path, body) => {
  const elsewhere = await startUpstream(anthropicUpstream())
  onTestFinished(() => elsewhere.close())
  const { up, send } = await stand(() =>
    respond(307, '', { headers: { location: `${elsewhere.url}${path}` } }),
  )
  await send({ method, path, ...(body && { body }) })
  expect(up.requests).toHaveLength(1)
  expect(elsewhere.sockets).toBe(0)
})
