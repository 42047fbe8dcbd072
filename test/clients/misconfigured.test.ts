import { expect, it } from 'vitest'
import { failure } from '../support/anthropic-upstream.js'
import { json, respond } from '../support/script.js'
import { direct, stand } from '../support/stand.js'
import { CHAT } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, FORMS } from './clients.js'

// Of a 401 it makes "Please run /login" or "Failed to authenticate", of a 404 "There's an issue with the selected model", and
// of the words `x-api-key` and `credit balance is too low` texts of its own.
const ITS_OWN = /login|authenticate|selected model|ANTHROPIC_API_KEY|usually temporary/i

const FAULTS = [
  [
    '401',
    failure(401, 'authentication_error', 'invalid x-api-key'),
    /the key of account 'one' \(anthropic\) was refused: invalid API key\. Correct its apiKey/,
  ],
  [
    '404',
    respond(404, '404 page not found'),
    /the base URL of account 'one' \(anthropic\) is wrong: http\S+ does not exist: 404 page not found\. Correct plugins\.anthropic\.baseURL/,
  ],
  [
    '404 about something else',
    failure(404, 'not_found_error', 'No endpoints found that support tool use'),
    /account 'one' \(anthropic\) answered 404: No endpoints found that support tool use/,
  ],
  [
    'an account without credit',
    failure(400, 'invalid_request_error', 'Your credit balance is too low.'),
    /account 'one' \(anthropic\) has no credit/,
  ],
  [
    'arrears at z.ai',
    json({ error: { code: '1113', message: 'Insufficient balance' } }, 429),
    /account 'one': Insufficient balance \(code 1113\)/,
  ],
] as const

describeClients(FORMS, (client) => {
  it.each(FAULTS)(
    'shows whose account or base URL it is, after one request: %s',
    async (_, script, words) => {
      const { url, gateway } = await stand(() => script, { config: direct })
      const run = await claude(client, { url, args: ['-p', CHAT.prompt] })
      // 2.0.77 sends a side request first, whose answer takes the account out.
      expect(run.stdout).toMatch(new RegExp(`${words.source}|no account can serve: one \\(`))
      expect(run.stdout).not.toMatch(ITS_OWN)
      const asked = gateway.requests('messages').filter(({ model }) => model !== undefined)
      expect(asked.filter(({ upstream }) => upstream !== undefined).length).toBeLessThanOrEqual(2)
    },
  )
})
