import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { badSession, viewsOf } from './bad-session.js'
import { isWithoutBrowser, launch, openPage, shot } from './browser.js'
import { openResend, resendElsewhere } from './resend-dialog.js'
import { startWorld, type World } from './world.js'

const SIZES = [
  { width: 360, height: 740 },
  { width: 1024, height: 768 },
  { width: 1600, height: 1000 },
] as const

/** Parts of the page that would scroll sideways: tables and lines of code do, by themselves. */
const WIDER = `[...document.querySelectorAll('html, .top, .now, .notices, #view, .view, .lines, .panel, .dialog')]
  .filter((e) => e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.id || e.className || e.tagName)`

const VIEWS = [
  'live',
  'request',
  'sessions',
  'session',
  'cost',
  'accounts',
  'upstreams',
  'chain',
  'compare',
  'failover',
  'resend',
  'resend-answers',
] as const
type View = (typeof VIEWS)[number]

/** What is done in a view before its picture is taken. */
const ACTS: Partial<Readonly<Record<View, (page: Page) => Promise<void>>>> = {
  live: (page) => page.locator('.line.prompt').nth(1).click(),
  resend: openResend,
  'resend-answers': resendElsewhere,
}

describe.skipIf(isWithoutBrowser())('screenshots', () => {
  let browser: Browser
  let world: World
  let bad: string
  let views: Readonly<Record<View, string>>
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld()
    bad = (await badSession(world)).bad
    const { requests } = await world.api('requests')
    const missed = requests.find((row: { cache?: string }) => row.cache === 'prefix')
    const failover = requests.find(
      (row: { attempts: number; status: number }) => row.attempts > 1 && row.status === 200,
    )
    const open = `/live?open=${failover.id}`
    views = { ...viewsOf(bad, [missed, failover]), failover: open, resend: open, 'resend-answers': open }
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  // Each view is opened once, in the narrowest window: to open it for each picture took three minutes.
  it.each(VIEWS)('of %s fit their window, at each size, light and dark', async (name) => {
    const { page, problems, close } = await openPage(browser, world.page(views[name]), {
      viewport: SIZES[0],
      colorScheme: 'light',
    })
    onTestFinished(close)
    await page.waitForLoadState('load')
    await expect.poll(() => page.locator('.loading').count(), { timeout: 15_000 }).toBe(0)
    await ACTS[name]?.(page)
    await page.waitForTimeout(name === 'live' ? 1_200 : 300)
    for (const size of SIZES) {
      await page.setViewportSize(size)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.waitForTimeout(100)
        const at = `${name}-${size.width}-${colorScheme}`
        await shot(page, at)
        expect([at, await page.evaluate(WIDER)]).toEqual([at, []])
      }
    }
    expect(problems).toEqual([])
  })
})
