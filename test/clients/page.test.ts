import { expect, it, onTestFinished } from 'vitest'
import { isWithoutBrowser, launch, openPage } from '../page/browser.js'
import { answer, anthropicUpstream } from '../support/anthropic-upstream.js'
import type { Handler } from '../support/bad-upstream.js'
import { direct, stand } from '../support/stand.js'
import { toolResult } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, NEWEST } from './clients.js'

const KEY = 'admin-key-of-the-page'
const PROMPT = 'Ask a helper where the kormidlo is.'
const ERRAND = 'Find the kormidlo.'
const usage = { cache_read_input_tokens: 9_000, cache_creation_input_tokens: 300 }

/** Plays a model that sends a sub-agent, which answers at once, and repeats what it found. */
const delegating: Handler = anthropicUpstream((request) => {
  const { messages, tools = [] } = request.json<{
    messages: readonly { role: string; content: unknown }[]
    tools?: readonly { name: string }[]
  }>()
  const last = JSON.stringify(messages.findLast(({ role }) => role === 'user'))
  const agent = tools.find(({ name }) => name === 'Agent' || name === 'Task')
  if (toolResult(request) !== undefined) return answer({ text: 'It is at the stern.', usage }, request)
  if (!agent || !last.includes(PROMPT)) return answer({ text: 'At the stern.', usage }, request)
  const input = { description: 'Find it', prompt: ERRAND, subagent_type: 'general-purpose' }
  return answer({ text: 'I ask.', toolUse: { name: agent.name, input }, usage }, request)
})

describeClients(NEWEST, (client) => {
  it.skipIf(isWithoutBrowser())(
    'is seen on the page: its prompt, its agents, their requests, its session',
    async () => {
      const { url, gateway } = await stand(delegating, {
        config: (up) => ({
          ...direct(up),
          server: { adminKey: KEY },
          plugins: { anthropic: { baseURL: up }, trace: { bodies: true } },
        }),
      })
      const browser = await launch()
      onTestFinished(() => browser.close())
      // Open before the client comes, as a person leaves it.
      const { page, problems } = await openPage(browser, `${url}/_agproxy/#key=${KEY}&/live`)
      await page.getByText('No request so far').waitFor()

      const env = { CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1' }
      const run = await claude(client, { url, args: ['-p', PROMPT, '--output-format', 'json'], env })
      expect(run).toMatchObject({ code: 0, timedOut: false })
      const { result, session_id } = JSON.parse(run.stdout)
      expect(result).toBe('It is at the stern.')
      expect(gateway.requests('messages').every(({ status }) => status === 200)).toBe(true)

      // Claude Code asks once more by itself when the turn is over, under an id of its own and with the same words: a row beside.
      const prompt = page.locator('.line.prompt', { hasText: PROMPT }).filter({ hasText: 'general-purpose' })
      await prompt.waitFor()
      // The page hears of requests four times a second.
      await expect
        .poll(() => prompt.innerText(), { timeout: 5_000 })
        .toMatch(/main ▸ general-purpose[\s\S]*\d+ req[\s\S]*\$\d/)
      await prompt.click()
      const agents = page.locator('.line.agent')
      expect((await agents.allInnerTexts()).map((text) => text.match(/main|general-purpose/)?.[0])).toEqual(
        expect.arrayContaining(['main', 'general-purpose']),
      )
      await page.locator('.line.request').first().click()
      const panel = page.getByRole('complementary', { name: 'Request' })
      await panel.getByRole('heading', { name: /200/ }).waitFor()
      await panel.getByText('What was asked').click()
      await panel.locator('pre', { hasText: 'kormidlo' }).waitFor()

      await panel.getByRole('link', { name: 'its session' }).click()
      await page.locator('.tree').getByText('general-purpose').waitFor()
      expect(decodeURIComponent(page.url())).toContain(`/sessions/${session_id}`)
      expect(await page.locator('.tree .agent-node').count()).toBe(2)
      await page.goto(`${url}/_agproxy/#/sessions`)
      await page.locator('tbody tr', { hasText: session_id.slice(0, 20) }).waitFor()
      expect(problems).toEqual([])
    },
  )
})
