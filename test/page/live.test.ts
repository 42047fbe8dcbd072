import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { badSession, busy } from './bad-session.js'
import { isWithoutBrowser, launch, type Opened, openPage } from './browser.js'
import { ADMIN_KEY, startWorld, type World } from './world.js'

describe.skipIf(isWithoutBrowser())('the page', () => {
  let browser: Browser
  let world: World
  let bad: string
  let opened: Opened
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld()
    bad = (await badSession(world)).bad
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })
  beforeEach(async () => {
    opened = await openPage(browser, world.page(), { permissions: ['clipboard-read', 'clipboard-write'] })
    await opened.page.locator('.line').first().waitFor()
  })
  afterEach(async () => {
    expect(opened.problems).toEqual([])
    await opened.close()
  })

  it('is there after one JSON request and the stream, and leaves the key nowhere in sight', async () => {
    const { page, asked } = opened
    const api = asked
      .filter((url) => url.includes('/api/'))
      .map((url) => new URL(url).pathname.split('/api/')[1])
    expect(api.filter((path) => path !== 'usage').sort()).toEqual(['live', 'requests'])
    expect(asked.join(' ')).not.toContain(ADMIN_KEY)
    expect(page.url()).toMatch(/\/_agproxy\/#\/live$/)
    await page.goBack().catch(() => {})
    expect(page.url()).not.toContain(ADMIN_KEY)
    await page.goto(`${world.gateway.url}/_agproxy/#/accounts`)
    await page.reload()
    await page.getByText('team-b').first().waitFor()
  })

  it('without a key says how to open it, and so does a key that is refused', async () => {
    const { page, close, problems } = await openPage(browser, `${world.gateway.url}/_agproxy/`)
    await page.getByText('agproxy ui').waitFor()
    await page.getByText('Or paste the key').click()
    await page.getByLabel('Admin key').fill('not the key')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByText('agproxy ui').waitFor()
    await page.getByText('Or paste the key').click()
    await page.getByLabel('Admin key').fill(ADMIN_KEY)
    await page.keyboard.press('Enter')
    await page.locator('.line.prompt').first().waitFor()
    expect(problems).toEqual([])
    await close()
  })

  it('lists prompts with their agents, cost and cache, and adds what comes', async () => {
    const { page } = opened
    const prompt = page.locator('.line.prompt', { hasText: 'Fix the failing test' })
    expect(await prompt.innerText()).toMatch(
      /main ▸ test-runner[\s\S]*6[\s\S]*req[\s\S]*\$0\.\d+[\s\S]*49 %[\s\S]*!/,
    )
    await world.turn({
      session: 'another',
      prompt: 'p-new',
      words: 'A prompt that came while the page was open',
    })
    await page.locator('.line.prompt').first().getByText('came while the page').waitFor()
  })

  it('holds still while somebody points at the list', async () => {
    const { page } = opened
    await page.locator('.line.prompt').first().hover()
    const before = await page.locator('.lines').innerText()
    await world.turn({ session: 'another', prompt: 'p-held', words: 'Held back' })
    await page.getByText('1 new request').waitFor()
    expect(await page.locator('.lines').innerText()).toBe(before)
    await page.mouse.move(5, 5)
    await page.getByText('Held back').waitFor()
  })

  it('goes by keys alone: to a request, through its session, to every view, and back', async () => {
    const { page } = opened
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    await press('/')
    await page.keyboard.type('is:missed')
    expect(page.url()).toContain('q=is%3Amissed')
    await page.locator('.line.prompt').nth(1).waitFor({ state: 'detached' })
    await press('Escape', 'j', 'Enter')
    await page.locator('.line.request').first().waitFor()
    await press('j', 'j', 'Enter')
    await page.locator('.panel-title').waitFor()
    const first = new URL(page.url()).hash
    await press('j')
    await expect.poll(() => new URL(page.url()).hash).not.toBe(first)
    await press('k')
    await expect.poll(() => new URL(page.url()).hash).toBe(first)
    await press('Escape')
    await page.locator('.panel').waitFor({ state: 'detached' })
    await press('Escape')
    await expect.poll(() => page.url()).not.toContain('q=')
    for (const [key, heading] of [
      ['s', 'Sessions'],
      ['c', 'Cost'],
      ['a', 'Accounts'],
      ['u', 'Upstreams'],
      ['h', 'Chain'],
    ] as const) {
      await press('g', key)
      await page.getByRole('region', { name: heading, exact: true }).waitFor()
    }
    await press('g', 'l', '?')
    await page.getByRole('dialog').getByText('the one before').waitFor()
    await press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await press('t')
    expect(await page.locator('html').getAttribute('data-theme')).toBe('light')
    await press('t')
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await page.reload()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
  })

  it('counts a cooldown down by one clock: the notice and the account say the same', async () => {
    const cooling = await startWorld()
    onTestFinished(() => cooling.close())
    await cooling.turn({ session: 'one', words: 'cool down', failures: [busy('900')] })
    const { page, close } = await openPage(browser, cooling.page('/accounts'))
    onTestFinished(close)
    const timers = page.getByRole('timer')
    await expect.poll(() => timers.count()).toBe(2)
    const seen = new Set<string>()
    for (let i = 0; i < 40; i++) {
      const [above, below] = await timers.allInnerTexts()
      expect(above).toBe(below)
      expect(above).toMatch(/^(15 min|14 min \d+ s) left$/)
      seen.add(above!)
      await page.waitForTimeout(100)
    }
    expect(seen.size).toBeGreaterThan(2)
  })

  it('says of a bad session what went wrong, why, and what it cost', async () => {
    const { page } = opened
    await page
      .getByText('The cache missed once: system changed, by clock; 39k tokens paid again, $0.0')
      .waitFor()
    await page.goto(`${world.gateway.url}/_agproxy/#/sessions/${bad}`)
    const tree = page.locator('.tree')
    await tree.getByText('test-runner').waitFor()
    expect(await tree.locator('.turn.failed').getAttribute('aria-label')).toMatch(/turn 5, 500: /)
    await tree.locator('.turn.missed').click()
    const panel = page.getByRole('complementary', { name: 'Request' })
    await panel.getByText('Missed: the beginning of the prompt changed').waitFor()
    const text = await panel.innerText()
    expect(text).toMatch(
      /39k tokens were in the cache after the turn before, 0 came out of it: 39k paid again, \$0\.0\d/,
    )
    expect(text).toMatch(/First change: system, made by the plugin clock/)
    await panel.getByText('clock', { exact: true }).click()
    expect(await panel.innerText()).toMatch(/before:\s*"You are Claude Code\."[\s\S]*after:\s*"It is 10:14"/)
  })

  it('shows a failover: the attempts, why each account, and how long it is out', async () => {
    const { page } = opened
    const { requests } = await world.api('requests')
    const { id } = requests.find(
      (row: { attempts: number; status: number }) => row.attempts === 2 && row.status === 200,
    )
    await page.goto(`${world.gateway.url}/_agproxy/#/live?open=${id}`)
    const panel = page.getByRole('complementary', { name: 'Request' })
    await panel.getByText('attempt 2 of 2').waitFor()
    const text = await panel.innerText()
    expect(text).toMatch(
      /429 team-a[\s\S]*rate_limit_error \(429\)[\s\S]*team-a cools down 41 s \(rate limit\)/,
    )
    expect(text).toMatch(/200 team-b[\s\S]*team-a: tried/)
    expect(await panel.locator('.bar.failed').count()).toBe(1)
    expect(await page.locator('.line.opened').count()).toBe(1)
  })

  it('fetches what was asked when somebody opens it, and copies it as curl', async () => {
    const { page, asked } = opened
    await page.locator('.line.prompt', { hasText: 'Explain how the retry' }).click()
    await page.locator('.line.request').first().click()
    const panel = page.getByRole('complementary', { name: 'Request' })
    await panel.locator('.panel-title').waitFor()
    expect(asked.filter((url) => url.includes('/body?'))).toEqual([])
    await panel.getByText('What was asked').click()
    await panel.locator('pre', { hasText: 'Explain how the retry policy works' }).waitFor()
    await panel.getByRole('button', { name: 'Copy as curl' }).click()
    await panel.getByText('curl copied').waitFor()
    const curl = (await page.evaluate('navigator.clipboard.readText()')) as string
    expect(curl).toContain(`curl -sS '${world.gateway.url}/v1/messages'`)
    expect(curl).toMatch(/<<'BODY'\n\{.*Explain how the retry policy works.*\}\nBODY\n$/s)
    await panel.getByRole('button', { name: /explain/ }).click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^agproxy explain req_\w+$/)
  })

  it('compares two requests', async () => {
    const { page } = opened
    await page.locator('.line.prompt', { hasText: 'Fix the failing' }).click()
    await page.locator('.line.request').nth(0).click()
    await page.getByRole('button', { name: 'Compare with…' }).click()
    await page.locator('.line.request').nth(2).click()
    await page.getByRole('button', { name: 'Compare with the marked one' }).click()
    await page.locator('.compare').waitFor()
    expect(await page.locator('.compare .differs', { hasText: /^cache/ }).innerText()).toMatch(
      /first[\s\S]*prefix/,
    )
  })

  it('clears a cooldown, after which the account serves', async () => {
    const { page } = opened
    for (const id of ['team-a', 'team-b', 'own']) await world.api(`accounts/${id}/cooldowns`, 'DELETE')
    await world.turn({ session: 'c', prompt: 'c', failures: [busy('900'), busy('900')] })
    await page.goto(`${world.gateway.url}/_agproxy/#/accounts`)
    const card = page.locator('#account-team-a')
    await card.getByText(/1[45] min/).waitFor()
    await page
      .getByRole('list', { name: 'Things to know' })
      .getByText(/team-a \(rate limit, 1[45] min/)
      .waitFor()
    await card.getByRole('button', { name: /Clear/ }).click()
    await card.getByText('serving').waitFor()
    const { accounts } = await world.api('accounts')
    expect(accounts.find((account: { id: string }) => account.id === 'team-a').cooldowns).toEqual([])
  })

  it('sums up what it cost, by name and over time, with the plot’s numbers as a table', async () => {
    const { page } = opened
    await page.goto(`${world.gateway.url}/_agproxy/#/cost?by=model&since=24h`)
    await page.locator('.uplot canvas').waitFor()
    const row = page.locator('tbody tr', { hasText: 'glm-5.3' }).first()
    expect(await row.innerText()).toMatch(/glm-5\.3\s+\d+/)
    await page.getByText('By hour, in numbers').click()
    expect(await page.locator('details table').innerText()).toContain('glm-5.3')
    await page.locator('label', { hasText: /^by/ }).locator('select').selectOption('agent')
    await page.locator('tbody', { hasText: 'agent-1' }).first().waitFor()
    expect(page.url()).toContain('by=agent')
  })

  it('goes on after the gateway was away', async () => {
    const { page } = opened
    await page.context().setOffline(true)
    await page.evaluate('void 0')
    await page.context().setOffline(false)
    await world.turn({ session: 'late', prompt: 'late', words: 'After the loss' })
    await page.getByText('After the loss').waitFor({ timeout: 20_000 })
  })
})
