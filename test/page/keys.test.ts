import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { badSession, viewsOf } from './bad-session.js'
import { isWithoutBrowser, launch, openPage } from './browser.js'
import { startWorld, type World } from './world.js'

const JUMPS = { l: 'live', s: 'sessions', c: 'cost', a: 'accounts', u: 'upstreams', h: 'chain' }

describe.skipIf(isWithoutBrowser())('keys', () => {
  let browser: Browser
  let world: World
  let views: Record<string, string>
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld()
    const { bad } = await badSession(world)
    const { requests } = await world.api('requests')
    views = viewsOf(bad, requests)
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  const hashOf = (page: Page) => new URL(page.url()).hash
  /** Where the keys are: the line of Live that is marked, elsewhere what has the focus. */
  const place = (page: Page) =>
    page.evaluate(
      `[...document.querySelectorAll('#view *')].indexOf(document.querySelector('.line.current') ?? document.activeElement)`,
    )

  it.each(['live', 'request', 'sessions', 'session', 'cost', 'accounts', 'upstreams', 'chain', 'compare'])(
    'do what they say: %s',
    async (name) => {
      const { page, problems, close } = await openPage(browser, world.page(views[name]))
      const press = async (...keys: string[]) => {
        for (const key of keys) await page.keyboard.press(key)
      }
      await expect.poll(() => page.locator('.loading').count(), { timeout: 15_000 }).toBe(0)
      const here = hashOf(page)

      await press('?')
      const dialog = page.getByRole('dialog')
      await dialog.getByText('the one before').waitFor()
      await press('g', 'c')
      expect(hashOf(page)).toBe(here)
      await press('Escape')
      await dialog.waitFor({ state: 'detached' })
      expect(hashOf(page)).toBe(here)

      await press('j')
      const first = await place(page)
      await press('j')
      const second = await place(page)
      expect(first).not.toBe(-1)
      if ((await page.locator('#view :is(.line, a, button, summary)').count()) > 1)
        expect(second).not.toBe(first)
      await press('k')
      expect(await place(page)).toBe(first)

      await press('/')
      await page.keyboard.type('gj')
      await expect.poll(() => hashOf(page)).toContain('q=gj')
      expect(await page.locator('#filter').inputValue()).toBe('gj')
      await press('Escape')
      expect(await page.evaluate(`document.activeElement.id`)).not.toBe('filter')
      for (let i = 0; i < 2; i++) await press('Escape')
      await expect.poll(() => hashOf(page)).not.toMatch(/q=|open=/)

      for (const [key, view] of Object.entries(JUMPS)) {
        await page.goto(`${world.gateway.url}/_agproxy/#${views[name]}`)
        await press('g', key)
        await expect.poll(() => hashOf(page)).toBe(`#/${view}`)
      }
      expect(problems).toEqual([])
      await close()
    },
  )

  it('Enter opens what j went to: a prompt, its request, a session, a turn of it', async () => {
    const { page, close } = await openPage(browser, world.page())
    await page.locator('.line.prompt').first().waitFor()
    for (const key of ['j', 'Enter']) await page.keyboard.press(key)
    await page.locator('.line.request').first().waitFor()
    for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key)
    const panel = page.getByRole('complementary', { name: 'Request' })
    await panel.locator('.panel-title').waitFor()
    for (const key of ['Escape', 'g', 's']) await page.keyboard.press(key)
    await page.locator('tbody a').first().waitFor()
    for (const key of ['j', 'Enter']) await page.keyboard.press(key)
    await page.locator('a.turn').first().waitFor()
    for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key)
    await panel.locator('.panel-title').waitFor()
    await close()
  })
})
