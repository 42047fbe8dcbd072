import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isWithoutBrowser, launch, openPage, shot } from './browser.js'
import { badSession, startWorld, type World } from './world.js'

const SIZES = [
  { width: 360, height: 740 },
  { width: 1024, height: 768 },
  { width: 1600, height: 1000 },
] as const

/** Parts of the page that would scroll sideways: tables and lines of code do, by themselves. */
const WIDER = `[...document.querySelectorAll('html, .top, .now, .notices, #view, .view, .lines, .panel')]
  .filter((e) => e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.id || e.className || e.tagName)`

describe.skipIf(isWithoutBrowser())('screenshots', () => {
  let browser: Browser
  let world: World
  let bad: string
  let views: Record<string, string>
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld()
    bad = (await badSession(world)).bad
    const { requests } = await world.api('requests')
    const missed = requests.find((row: { cache?: string }) => row.cache === 'prefix')
    const failover = requests.find(
      (row: { attempts: number; status: number }) => row.attempts > 1 && row.status === 200,
    )
    views = {
      live: '/live',
      request: `/live?open=${missed.id}`,
      failover: `/live?open=${failover.id}`,
      sessions: '/sessions',
      session: `/sessions/${bad}`,
      cost: '/cost',
      accounts: '/accounts',
      upstreams: '/upstreams',
      chain: '/chain',
      compare: `/compare/${missed.id}/${failover.id}`,
    }
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  it.each(SIZES.flatMap((size) => (['light', 'dark'] as const).map((theme) => ({ ...size, theme }))))(
    'of every view at $width px, $theme, fit their window',
    async ({ width, height, theme }) => {
      for (const [name, view] of Object.entries(views)) {
        const { page, problems, close } = await openPage(browser, world.page(view), {
          viewport: { width, height },
          colorScheme: theme,
        })
        await page.waitForLoadState('load')
        await expect.poll(() => page.locator('.loading').count(), { timeout: 15_000 }).toBe(0)
        if (name === 'live') await page.locator('.line.prompt').nth(1).click()
        await page.waitForTimeout(name === 'live' ? 1_200 : 300)
        await shot(page, `${name}-${width}-${theme}`)
        const wider = await page.evaluate(WIDER)
        expect([name, wider, problems]).toEqual([name, [], []])
        await close()
      }
    },
  )
})
