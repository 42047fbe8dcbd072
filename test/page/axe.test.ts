import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isWithoutBrowser, launch, openPage } from './browser.js'
import { badSession, startWorld, type World } from './world.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Finding {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

describe.skipIf(isWithoutBrowser())('axe', () => {
  let browser: Browser
  let world: World
  let views: readonly string[]
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld()
    const { bad } = await badSession(world)
    const { requests } = await world.api('requests')
    const [one, two] = requests
    views = [
      '/live',
      `/live?open=${one.id}`,
      '/live?q=nothing-has-this',
      '/sessions',
      `/sessions/${bad}`,
      '/cost',
      '/accounts',
      '/upstreams',
      '/chain',
      `/compare/${one.id}/${two.id}`,
    ]
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  it.each(['light', 'dark'] as const)('finds nothing serious in any view, %s', async (colorScheme) => {
    const found: string[] = []
    for (const view of [...views, undefined]) {
      const url = view === undefined ? `${world.gateway.url}/_agproxy/` : world.page(view)
      const { page, close } = await openPage(browser, url, { colorScheme })
      await page.waitForLoadState('load')
      await expect.poll(() => page.locator('.loading').count(), { timeout: 15_000 }).toBe(0)
      if (view === '/live') await page.locator('.line.prompt').first().click()
      if (view === '/sessions') await page.keyboard.press('?')
      await page.waitForTimeout(200)
      await page.evaluate(axe)
      const violations = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as Finding[]
      for (const { id, impact, nodes } of violations)
        if (['serious', 'critical'].includes(impact))
          found.push(
            `${view}: ${id} ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)[0]}`,
          )
      await close()
    }
    expect(found).toEqual([])
  })
})
