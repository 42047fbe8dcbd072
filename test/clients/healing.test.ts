import { expect, it } from 'vitest'
import { failure } from '../support/anthropic-upstream.js'
import type { Handler } from '../support/bad-upstream.js'
import { errorData } from '../support/messages.js'
import { reset, respond, type Script, sse } from '../support/script.js'
import { stand, zaiPair } from '../support/stand.js'
import { assistant, CHAT, isMain } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, FORMS } from './clients.js'

// Left to itself Claude Code would come back up to 11 times, or fall back to an answer without a stream.
const FAULTS: readonly { readonly fault: string; readonly script: Script }[] = [
  { fault: '429', script: failure(429, 'rate_limit_error', 'slow down') },
  { fault: '529', script: failure(529, 'overloaded_error', 'Overloaded') },
  { fault: 'a reset before headers', script: reset() },
  {
    fault: 'an empty 200',
    script: respond(200, '', { headers: { 'content-type': 'text/event-stream' } }),
  },
  {
    fault: '`event: error` first',
    script: sse([errorData('overloaded_error', 'Overloaded')]),
  },
]

/** The fault for the first turn of the conversation, the model for everything else. */
function onceFailing(script: Script): Handler {
  let failed = false
  return (request, n) => {
    if (failed || !isMain(request)) return assistant(request, n)
    failed = true
    return script
  }
}

describeClients(FORMS, (client) => {
  it.each(FAULTS)('sees nothing of an upstream that fails once: $fault', async ({ script }) => {
    const { url, up, gateway } = await stand(onceFailing(script), { config: zaiPair })
    const run = await claude(client, { url, args: ['-p', CHAT.prompt, '--output-format', 'json'] })
    expect(run).toMatchObject({ code: 0, timedOut: false, stderr: '' })
    expect(JSON.parse(run.stdout)).toMatchObject({ is_error: false, result: CHAT.answer })

    // The client asked once. (2.0.77 also sends warm-ups, which no upstream sees.)
    const asked = gateway.requests('messages').filter((line) => line.upstream !== undefined)
    expect(asked).toMatchObject([{ status: 200, attempts: 2, account: 'second' }])
    expect(up.requests.map(({ headers }) => keyIn(headers))).toEqual(['sk-upstream-1', 'sk-upstream-2'])
  })
})

function keyIn(headers: readonly (readonly [string, string])[]): string | undefined {
  return headers.flatMap(([, value]) => value.match(/sk-upstream-\d/) ?? [])[0]
}
