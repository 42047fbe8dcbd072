import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { failure } from '../support/anthropic-upstream.js'
import { isWithoutBrowser, launch, type Opened, openPage } from './browser.js'
import { startWorld, type World } from './world.js'

const soon = String(Math.floor(Date.now() / 1000) + 3_600)

describe.skipIf(isWithoutBrowser())('what an operator sees and changes', () => {
  let browser: Browser
  let world: World
  let opened: Opened
  const at = (view: string) => opened.page.goto(`${world.gateway.url}/_agproxy/#${view}`)
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld({
      accounts: [
        { id: 'plan', upstream: 'anthropic', apiKey: 'sk-upstream-1', plan: true, priority: 1 },
        { id: 'spare', upstream: 'anthropic', apiKey: 'sk-upstream-2', priority: 2 },
      ],
      plugins: {
        trace: { bodies: true, diagnostics: true },
        budgets: {
          limits: [
            { per: 'day', tokens: 900_000 },
            { per: 'label', label: 'team=blue', tokens: 25_000 },
          ],
        },
      },
    })
    const headers = {
      'anthropic-ratelimit-unified-status': 'allowed',
      'anthropic-ratelimit-unified-5h-utilization': '0.62',
      'anthropic-ratelimit-unified-5h-reset': soon,
      'anthropic-ratelimit-unified-7d-utilization': '0.81',
    }
    const session = { session: 'one', prompt: 'p-1', headers }
    await world.turn({ ...session, words: 'first', made: 30_000, labels: 'team=blue' })
    await world.turn({
      ...session,
      words: 'second',
      made: 31_000,
      clock: 'It is 10:14',
      diagnostics: { cache_miss_reason: { type: 'system_changed', cache_missed_input_tokens: 29_500 } },
    })
    await world.turn({ ...session, agent: 'a-1', agentType: 'Explore', words: 'look around' })
    const refused = failure(
      400,
      'invalid_request_error',
      'context_management: Extra inputs are not permitted',
    )
    await world.turn({
      session: 'two',
      words: 'learn',
      fields: { context_management: {} },
      failures: [refused],
    })
    await world.turn({
      session: 'three',
      words: 'refused',
      failures: [failure(429, 'rate_limit_error', 'slow down', { 'retry-after': '900' })],
    })
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })
  beforeEach(async () => {
    opened = await openPage(browser, world.page('/accounts'), { reducedMotion: 'reduce' })
    await opened.page.locator('.card').first().waitFor()
  })
  afterEach(async () => {
    expect(opened.problems).toEqual([])
    await opened.close()
  })

  it('an account: its last error in words, with the request, and what is used of its plan', async () => {
    const { page } = opened
    const card = page.locator('#account-plan')
    await card.getByText('429 rate_limit_error: “slow down”').waitFor()
    const text = await card.innerText()
    expect(text).toMatch(/plan 5h\s*62 %\s*resets [\w, ]*\d\d:\d\d/)
    expect(text).toMatch(/plan 7d\s*81 %/)
    expect(await card.locator('.meter.warn').count()).toBe(1)
    expect(await page.locator('#account-spare').innerText()).not.toContain('Last error')
    const now = page.getByRole('region', { name: 'Now' })
    expect(await now.innerText()).toMatch(/plan 5h\s*62 %\s*resets [\w, ]*\d\d:\d\d/)
    await card.getByRole('link', { name: 'show' }).click()
    await page.getByRole('complementary', { name: 'Request' }).getByText('attempt 2 of 2').waitFor()
  })

  it('budgets: how much is used, of what, and that one is used up', async () => {
    const { page } = opened
    await at('/cost')
    const budgets = page.getByRole('list', { name: 'Budgets' })
    await expect
      .poll(() => budgets.locator('.budget').allInnerTexts())
      .toEqual([
        expect.stringMatching(/all requests\s*\d+ %\s*6\dk tokens of 900k tokens, begins anew /),
        expect.stringMatching(/label team=blue\s*\d+ %\s*30k tokens of 25k tokens/),
      ])
    expect(await budgets.locator('.budget b.bad').count()).toBe(1)
  })

  it('while the plot is on its way, the rest of the view is there', async () => {
    const { page } = opened
    let go = () => {}
    const held = new Promise<void>((resolve) => {
      go = resolve
    })
    await page.route(/assets\/plot-.*\.js/, (route) => held.then(() => route.continue()))
    const asked = page.waitForRequest(/assets\/plot-.*\.js/)
    await at('/cost?since=24h')
    await asked
    await page.locator('tbody tr').first().waitFor()
    expect(await page.locator('.budget b.bad').count()).toBe(1)
    expect(await page.locator('label', { hasText: /^by/ }).isVisible()).toBe(true)
    expect(await page.locator('svg.plot, .plot').count()).toBe(0)
    go()
    await page.locator('svg.plot, .plot').first().waitFor()
  })

  it('cost by the type of agent', async () => {
    const { page } = opened
    await at('/cost?since=24h')
    await page.locator('label', { hasText: /^by/ }).locator('select').selectOption('agent-type')
    await page.locator('tbody tr', { hasText: 'Explore' }).first().waitFor()
    expect(page.url()).toContain('by=agent-type')
  })

  it('a missed cache: Anthropic’s own verdict beside ours', async () => {
    const { page } = opened
    const { requests } = await world.api('requests?session=one')
    await at(`/live?open=${requests[1].id}`)
    const panel = page.getByRole('complementary', { name: 'Request' })
    await panel.getByText('Anthropic says:').waitFor()
    expect(await panel.innerText()).toMatch(
      /Missed: the beginning of the prompt changed[\s\S]*Anthropic says: the system prompt changed, about 30k tokens missed/,
    )
    await at(`/live?open=${requests[2].id}`)
    await panel.getByText('First turn of this conversation').waitFor()
    expect(await panel.innerText()).not.toContain('Anthropic says')
  })

  it('an upstream: what was learned of it, until it is forgotten', async () => {
    const { page } = opened
    await at('/upstreams')
    const card = page.locator('article', { hasText: 'Learned from refusals' })
    await card.getByText('context_management').first().waitFor()
    const forget = card.getByRole('button', { name: /^Forget/ })
    const path = '**/api/upstreams/anthropic/learned'
    const refusals = [
      [500, { error: { message: 'the state store does not answer' } }, 'the state store does not answer'],
      [404, { error: { message: "no upstream 'anthropic'" } }, "no upstream 'anthropic'"],
      [502, 'a page of a proxy', 'the gateway answered with status 502'],
    ] as const
    for (const [status, body, words] of refusals) {
      await page.route(path, (route) => route.fulfill({ status, body: JSON.stringify(body) }))
      await forget.click()
      await card.getByText(words).waitFor()
      await page.unroute(path)
    }
    await forget.click()
    await page.getByText('Learned from refusals').waitFor({ state: 'detached' })
    const { upstreams } = await world.api('upstreams')
    expect(upstreams.find(({ name }: { name: string }) => name === 'anthropic').learned).toEqual([])
  })

  it('a cooldown that can’t be cleared says why, and a key that is refused leads to how to open the page', async () => {
    const { page } = opened
    const clear = page.locator('#account-plan').getByRole('button', { name: /Clear/ })
    const path = '**/api/accounts/plan/cooldowns'
    await page.route(path, (route) => route.abort())
    await clear.click()
    await page.getByText('no gateway answers here; it may have stopped').waitFor()
    await page.unroute(path)
    await page.route(path, (route) => route.fulfill({ status: 401, body: '{}' }))
    await clear.click()
    await page.getByText('agproxy ui').waitFor()
  })
})
