import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { badSession } from './bad-session.js'
import { isWithoutBrowser, launch, openPage } from './browser.js'
import { openResend, resendElsewhere } from './resend-dialog.js'
import { startWorld, type World } from './world.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Finding {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

interface Ids {
  readonly bad: string
  readonly one: string
  readonly two: string
}

type Case = [name: string, view: (ids: Ids) => string, act?: (page: Page) => Promise<void>]

const VIEWS: Case[] = [
  ['live', () => '/live', (page) => page.locator('.line.prompt').first().click()],
  ['a request', ({ one }) => `/live?open=${one}`],
  ['sending elsewhere', ({ one }) => `/live?open=${one}`, openResend],
  ['both answers', ({ one }) => `/live?open=${one}`, resendElsewhere],
  ['a filter without a match', () => '/live?q=nothing-has-this'],
  ['sessions, with help', () => '/sessions', help],
  ['a session', ({ bad }) => `/sessions/${bad}`],
  ['cost', () => '/cost'],
  ['accounts', () => '/accounts'],
  ['upstreams', () => '/upstreams'],
  ['chain', () => '/chain'],
  ['compare', ({ one, two }) => `/compare/${one}/${two}`],
  ['no key', () => ''],
]

async function help(page: Page): Promise<void> {
  await page.keyboard.press('?')
  await page.getByRole('dialog').waitFor()
}

describe.skipIf(isWithoutBrowser())('axe finds nothing serious', () => {
  let browser: Browser
  let world: World
  let ids: Ids
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld()
    const { bad } = await badSession(world)
    const { requests } = await world.api('requests')
    ids = { bad, one: requests[0].id, two: requests[1].id }
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  it.each<Case>(VIEWS)('in %s, light and dark', async (_name, view, act) => {
    const at = view(ids)
    const url = at === '' ? `${world.gateway.url}/_agproxy/` : world.page(at)
    const { page, close } = await openPage(browser, url, { colorScheme: 'light' })
    onTestFinished(close)
    await page.waitForLoadState('load')
    await expect.poll(() => page.locator('.loading').count(), { timeout: 15_000 }).toBe(0)
    for (const summary of await page.locator('#view summary, .panel summary').all()) await summary.click()
    await act?.(page)
    await page.evaluate(axe)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.waitForTimeout(200)
      const violations = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as Finding[]
      const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
      const found = serious.map(({ id, nodes }) => [id, nodes[0]!.html, nodes[0]!.failureSummary])
      expect([colorScheme, found]).toEqual([colorScheme, []])
    }
  })
})
