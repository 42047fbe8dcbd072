import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isWithoutBrowser, launch, openPage, shot } from './browser.js'
import { PROMPT, preparedSession, SESSION, TWO_PLANS } from './prepared-session.js'
import { startWorld, type World } from './world.js'

/** `23:10:05`, or with its day where that is not today: `28 Nov, 00:10`. */
const CLOCK = '(?:\\d\\d:\\d\\d:\\d\\d|\\d+ \\w+,? (?:at )?\\d\\d:\\d\\d)'
const REFUSED = `Account a refused it \\(429\\): too many requests \\(rate limit\\); it is in cooldown until ${CLOCK}\\. Account b answered instead\\.`
const COLD = 'Another account answered \\(a before, b now\\)\\. 49k tokens were paid again, \\$0\\.\\d+\\.'
const TOOLS =
  'Tools changed \\(mcp__jira__search added\\), and a cache holds only what begins as before\\. 50k tokens were paid again, \\$0\\.\\d+\\.'
const BROKE =
  'The answer stopped after 1 token: \\S+ broke the connection \\(ECONNRESET\\)\\. It cost \\$0\\.\\d+ all the same\\.'
const USED_UP = `Account b refused it \\(429\\): its plan’s window is used up; it is in cooldown until ${CLOCK}\\. No tokens were counted\\.`

const all = (...parts: string[]) => new RegExp(parts.join('[\\s\\S]*'))

describe.skipIf(isWithoutBrowser())('a session in which everything goes wrong', () => {
  let browser: Browser
  let world: World
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld(TWO_PLANS)
    await preparedSession(world)
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  it('is told on the page alone, click by click: what went wrong, why, and what it cost', async () => {
    const { page, problems, close } = await openPage(browser, world.page())
    const prompt = page.locator('.line.prompt', { hasText: PROMPT })
    expect(await prompt.innerText()).toMatch(all('6 req ✕2', '\\$0\\.\\d+', '!2'))
    const notices = page.getByRole('list', { name: 'Things to know' })
    await notices.getByText('No account can serve now: a (rate limit').waitFor()
    expect(await notices.innerText()).toMatch(
      all(
        'a \\(rate limit, .+ left\\), b \\(window used up, .+ left\\)',
        'The cache missed twice: tools changed \\(mcp__jira__search added\\); another account answered \\(a before, b now\\); 99k tokens paid again, \\$0\\.\\d+',
      ),
    )
    await page.getByText('today').waitFor()
    await shot(page, 'prepared-1-live')

    await prompt.click()
    const lines = page.locator('.line.request')
    expect(await lines.allInnerTexts()).toMatchObject(
      [
        /200/,
        /200/,
        /cache missed: another account answered/,
        /cache missed: tools changed \(mcp__jira__search added\)/,
        /broke the connection/,
        /its plan’s window is used up/,
      ].map((words) => expect.stringMatching(words)),
    )
    await shot(page, 'prepared-2-prompt')

    const panel = page.getByRole('complementary', { name: 'Request' })
    const troubles = panel.getByRole('list', { name: 'What went wrong' })
    for (const [i, words] of [
      [2, REFUSED, COLD],
      [3, TOOLS],
      [4, BROKE],
      [5, USED_UP],
    ].entries()) {
      const [at, ...sentences] = words as [number, ...string[]]
      await lines.nth(at).click()
      await expect.poll(() => troubles.innerText().catch(() => '')).toMatch(all(...sentences))
      await shot(page, `prepared-3-request-${i + 1}`)
    }
    await lines.nth(1).click()
    await troubles.waitFor({ state: 'detached' })
    await lines.nth(3).click()
    await panel.getByText('of the tool mcp__jira__search').waitFor()
    expect(await panel.locator('.diff dd.after').last().innerText()).toContain('"name":"mcp__jira__search"')
    await lines.nth(1).click()

    await panel.getByRole('link', { name: 'its session' }).click()
    const wrong = page.getByRole('region', { name: 'What went wrong' })
    await wrong.waitFor()
    expect(await wrong.innerText()).toMatch(
      all(
        '5 things in 6 requests, for \\$0\\.\\d+ in all\\. Wasted: 99k tokens, \\$0\\.\\d+ were paid again where the cache missed; \\$0\\.\\d+ went to answers without an end\\.',
        ...[REFUSED, COLD, TOOLS, BROKE, USED_UP],
      ),
    )
    await shot(page, 'prepared-4-session')

    await page.goto(`${world.gateway.url}/_agproxy/#/sessions`)
    const inList = page.locator('tbody tr', { hasText: SESSION })
    expect(await inList.innerText()).toMatch(/99k tokens, \$0\.\d+/)
    const { sessions } = await world.api('sessions')
    expect(sessions).toMatchObject([{ session: SESSION, requests: 6, errors: 2 }])
    await page.goto(`${world.gateway.url}/_agproxy/#/cost?by=session`)
    await page.locator('tbody tr', { hasText: SESSION }).getByText('✕2').waitFor()
    await shot(page, 'prepared-5-cost')
    await page.goto(`${world.gateway.url}/_agproxy/#/accounts`)
    await page.locator('#account-b').getByText('window used up').waitFor()
    await shot(page, 'prepared-6-accounts')
    expect(problems).toEqual([])
    await close()
  })
})
